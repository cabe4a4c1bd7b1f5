import { FEWEST_OF_EVENT } from '../../shared/domain/albums/events.ts';
import type { Progress, Summary } from './run.ts';

/** Control characters and bidi overrides would let a picture's words rewrite the terminal. */
const plain = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, ' ');

const BAR = 30;

/** Draws progress on a terminal as one line that is rewritten; elsewhere a line at every tenth. */
export function progressBar(stream: NodeJS.WriteStream) {
  let lastTenth = -1;
  return {
    show({ total, uploaded, ended }: Progress): void {
      const text = `${ended} of ${total} done, ${uploaded} uploaded`;
      if (stream.isTTY) {
        const filled = Math.round((BAR * ended) / Math.max(1, total));
        stream.write(`\r[${'█'.repeat(filled)}${'·'.repeat(BAR - filled)}] ${text}   `);
        return;
      }
      const tenth = Math.floor((10 * ended) / Math.max(1, total));
      if (tenth === lastTenth) return;
      lastTenth = tenth;
      stream.write(`${text}\n`);
    },
    end(): void {
      if (stream.isTTY) stream.write('\n');
    },
  };
}

/** The summary for people. */
export function report(summary: Summary): string {
  const names = new Map(summary.clusters.map(({ cluster_id, name }) => [cluster_id, name]));
  const lines: string[] = ['', 'Pictures'];
  for (const { file, status, degraded, title, tags, cluster, error, duplicate_of } of summary.images) {
    const state = status === 'done' ? (degraded ? 'done, incomplete' : '') : status;
    lines.push(`  ${plain(file)}${state && ` [${state}]`}`);
    if (title) lines.push(`      ${plain(title)}`);
    if (tags.length > 0) lines.push(`      tags: ${plain(tags.join(', '))}`);
    if (cluster) lines.push(`      cluster: ${plain(names.get(cluster) ?? cluster)}`);
    if (duplicate_of) lines.push(`      a copy of ${plain(duplicate_of)}`);
    else if (error) lines.push(`      ${plain(error)}`);
  }
  lines.push('', `Clusters (${summary.clusters.length})`);
  for (const { name, image_ids } of summary.clusters) lines.push(`  ${plain(name)}: ${image_ids.length} pictures`);
  if (summary.people.length > 0) {
    const seen = summary.people.map(({ count }) => count);
    lines.push('', `People (${seen.length})`, `  each in ${seen.join(', ')} pictures`);
  }
  const needed = summary.albums.length > 0 ? '' : `: an event needs ${FEWEST_OF_EVENT} dated photos`;
  lines.push('', `Albums of events (${summary.albums.length})${needed}`);
  for (const { name, count } of summary.albums) lines.push(`  ${plain(name)}: ${count} pictures`);
  const counts = new Map<string, number>();
  for (const { status } of summary.images) counts.set(status, (counts.get(status) ?? 0) + 1);
  lines.push(
    '',
    `${[...counts].map(([status, count]) => `${count} ${status}`).join(', ')} in ${summary.seconds} s: ${summary.images_per_second} images per second`,
  );
  const shown = summary.images.filter(({ thumbnail_url }) => thumbnail_url);
  const [example] = shown;
  if (example) {
    lines.push(
      `All ${shown.length} thumbnails opened. That of ${plain(example.file)} (with --keep it stays):`,
      `  ${example.thumbnail_url}`,
    );
  }
  return lines.join('\n');
}
