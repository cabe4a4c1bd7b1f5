import { findings } from './project.ts';

/** `npm run check:supply`: versions are exact, install scripts decided about, actions pinned (see findings.ts). */
const found = findings();
for (const finding of found) console.error(finding);
console.log(found.length === 0 ? 'Packages and workflows are pinned.' : `${found.length} things are not pinned down.`);
process.exitCode = found.length === 0 ? 0 : 1;
