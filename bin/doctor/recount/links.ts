/**
 * What does not fit together among the items of share links, all of a table's: whatever opens is listed below its owner, with the same terms,
 * so that it can be taken back. One that is listed and does not open is no deviation: its making, or its taking back, broke off.
 */
export function linkDeviations(items: readonly Record<string, unknown>[]): string[] {
  const listed = new Map(
    items
      .filter(({ user_id, sk }) => String(sk).startsWith('LINK#') && !String(user_id).startsWith('LINK#'))
      .map((item) => [`LINK#${item.digest}`, item]),
  );
  return items.flatMap((item) => {
    const { user_id, sk } = item;
    if (!String(user_id).startsWith('LINK#')) return [];
    const below = listed.get(String(user_id));
    if (sk !== 'LINK')
      return [
        `the share link ${user_id} has an item ${sk} beside it, which nobody reads; look at it, and remove it from the table`,
      ];
    if (!below)
      return [
        `the share link ${user_id} of ${item.owner} opens and is not listed, so that it cannot be taken back; remove that item from the table`,
      ];
    const expected = [item.owner, `LINK#${item.album_id}#${item.link_id}`, item.password !== undefined];
    const actual = [below.user_id, below.sk, below.has_password];
    const terms = ['download', 'location', 'expires_at', 'expires', 'album_id', 'link_id'].filter(
      (name) => item[name] !== below[name],
    );
    return JSON.stringify(expected) === JSON.stringify(actual) && terms.length === 0
      ? []
      : [
          `the share link ${user_id} is listed otherwise than it opens (${[...actual, ...terms].join(', ')}); its owner can take it back and make another`,
        ];
  });
}
