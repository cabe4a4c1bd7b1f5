import type { Opinion } from './doctor.ts';
import { ABOUT } from './recount/finding.ts';

/** Of the differences of one kind so many are shown, but of originals all, as they are the only copies; `--json` has all. */
const SHOWN = 3;

/** What the doctor has to say, for people. */
export function asText({ read, differences, mended, under_way, users }: Opinion): string {
  const lines: string[] = [];
  for (const {
    user_id,
    photos,
    under_way,
    counters_skipped,
    mended: done,
    mended_differences: mendedOnes,
    gave_up,
    differences: left,
  } of users) {
    lines.push(user_id === null ? 'nobody’s:' : `user ${user_id}: ${some(photos, 'photo')}${busy(under_way)}`);
    if (counters_skipped) lines.push('  photos are being run again: counters and albums were not compared');
    if (done > 0) lines.push(`  ${some(done, 'difference')} mended:`, ...mendedLines(mendedOnes));
    if (gave_up !== undefined) lines.push(`  not mended to the end: ${gave_up}`);
    for (const about of ABOUT) {
      const own = left.filter((each) => each.about === about);
      if (own.length === 0) continue;
      const most = about === 'originals' ? own.length : SHOWN;
      const shown = [...new Set(own.flatMap(({ says }) => says ?? []))].slice(0, most);
      const byHand = own.filter((each) => !each.can_be_mended).length;
      const beyond = byHand > 0 ? `, ${byHand} of them for a person to look at` : '';
      lines.push(`  ${about}: ${some(own.length, 'difference')}${beyond}`);
      lines.push(...shown.map((says) => `    ${says}`));
      if (shown.length < own.length) lines.push(`    … and ${own.length - shown.length} more (--json has all)`);
    }
  }
  const { users: people, items, vectors, objects } = read;
  lines.push(
    `Looked at ${some(people, 'user')}, what differs more than once: read ${some(items, 'item')}, ${some(vectors, 'vector')} and ${some(objects, 'object')} in all.`,
  );
  if (under_way > 0) lines.push(`${some(under_way, 'photo')} under way: not compared.`);
  if (mended > 0) lines.push(`${some(mended, 'difference')} mended.`);
  lines.push(...verdict(differences, mended, users));
  return `${lines.join('\n')}\n`;
}

/** Each on a line of its own; those whose words are not for others are counted by kind. */
function mendedLines(mended: Opinion['users'][number]['mended_differences']): string[] {
  const hidden = Map.groupBy(
    mended.filter(({ says }) => says === undefined),
    ({ about }) => about,
  );
  return [
    ...mended.flatMap(({ about, says }) => (says === undefined ? [] : `    ${about}: ${says}`)),
    ...[...hidden].map(([about, own]) => `    ${about}: ${own.length} more, which name words of photos`),
  ];
}

/** The last lines: what there is to do. */
function verdict(differences: number, mended: number, users: Opinion['users']): string[] {
  if (differences === 0) return ['Everything that was compared is as the records say.'];
  const left = users.flatMap((user) => user.differences);
  const mendable = left.filter((each) => each.can_be_mended).length;
  const byHand = left.length - mendable;
  const advice = [
    ...(mendable > 0 && mended === 0
      ? [`${mendable.toLocaleString('en')} can be mended: npm run doctor -- --repair.`]
      : []),
    ...(byHand > 0
      ? ['docs/operations.md says what a person can do about the others (“Doctor and dead letters”).']
      : []),
  ];
  return [`${some(differences, 'difference')}${mended > 0 ? ' left' : ''}.`, ...advice];
}

const busy = (underWay: number) => (underWay > 0 ? ` (${underWay} under way, not compared)` : '');
const some = (count: number, what: string) => `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
