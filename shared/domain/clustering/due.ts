/** From this many images on a gallery is clustered afresh whenever it has doubled. */
const FIRST_RECLUSTERING = 50;

/**
 * Whether a gallery that grew from `before` to `after` images is due for `recluster`: at 50, 100, 200, … images. Since
 * a run's work grows about in proportion to the gallery, all runs together cost each image a constant amount (a doubling
 * array's argument: 1 + ½ + ¼ + … < 2 passes over the gallery), however large it becomes.
 */
export function isReclusterDue(before: number, after: number): boolean {
  return doublings(after) > doublings(before);
}

function doublings(images: number): number {
  return images < FIRST_RECLUSTERING ? 0 : 1 + Math.floor(Math.log2(images / FIRST_RECLUSTERING));
}
