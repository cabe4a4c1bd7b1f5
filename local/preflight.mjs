// Plain JavaScript of old, so that every Node can read it: what `npm start` and the other commands look at first.
const oldest = 24;
const major = Number(process.versions.node.split('.')[0]);
if (major < oldest) {
  console.error(
    `Shoebox needs Node ${oldest} or newer, this is ${process.versions.node}. ` +
      'Run `npm ci`, which brings one along, then the same command again.',
  );
  process.exit(1);
}
