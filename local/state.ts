import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** A small set of texts that outlives the process, kept in one JSON file that is replaced whole. */
export function openTextSet(file: string): { has(text: string): boolean; add(text: string): Promise<void> } {
  const texts = new Set<string>(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);
  return {
    has: (text) => texts.has(text),
    async add(text) {
      texts.add(text);
      writeFileSync(`${file}.tmp`, JSON.stringify([...texts]));
      renameSync(`${file}.tmp`, file);
    },
  };
}
