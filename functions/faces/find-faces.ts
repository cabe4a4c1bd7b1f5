import type { FaceModel } from '../../shared/adapters/face-model.ts';
import type { DetectedFace } from '../../shared/adapters/faces.ts';
import { chooseFaces, LEAST_SCORE, relativeTo } from '../../shared/domain/faces.ts';
import { cutFace, framed, openFacePicture } from '../../shared/imaging/face-picture.ts';

/** A face as it is stored, and its crop (WebP). */
export interface FoundFace {
  face: DetectedFace;
  crop: Uint8Array;
}

/**
 * Answers a function that finds the faces in a picture that ingest has accepted, largest first. It throws `UnacceptablePicture` where
 * the picture cannot be decoded.
 */
export function createFindFaces(model: () => Promise<FaceModel>) {
  return async function findFaces(bytes: Uint8Array): Promise<FoundFace[]> {
    const picture = await openFacePicture(bytes);
    const frame = await framed(picture);
    const { locate, describe } = await model();
    // The second look sees faces whole that an edge cuts off, and all of them in another size: each misses some the other finds.
    const inFrame = await locate(frame.picture, LEAST_SCORE);
    const moved = inFrame.map((face) => ({ ...face, x: face.x - frame.left, y: face.y - frame.top }));
    const chosen = chooseFaces([...(await locate(picture, LEAST_SCORE)), ...moved], picture);
    const descriptors = await describe(
      frame.picture,
      chosen.map(({ whole }) => ({ ...whole, x: whole.x + frame.left, y: whole.y + frame.top })),
    );

    const found: FoundFace[] = [];
    for (const [index, { score, box }] of chosen.entries()) {
      const descriptor = descriptors[index];
      if (!descriptor) continue;
      const face = { n: found.length, box: relativeTo(picture, box), score, descriptor };
      found.push({ face, crop: await cutFace(picture, box) });
    }
    return found;
  };
}
export type FindFaces = ReturnType<typeof createFindFaces>;
