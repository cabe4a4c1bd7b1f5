import { decode, UndecodablePicture, unletterbox } from './decode.ts';
import { describe, type Seen } from './describe.ts';
import { type Detection, loadDetector } from './detector.ts';
import { measure } from './measure.ts';
import { PLAIN } from './plain.ts';

/** What the child process answers; exactly one reply per request, in order. */
export type VisionReply = { id: number } & ({ seen: Seen } | { undecodable: true } | { error: string });

const nothing = async (): Promise<Detection[]> => [];
const detector = process.argv.includes(PLAIN) ? Promise.resolve(nothing) : loadDetector();
let last: Promise<void> = Promise.resolve();

process.on('message', ({ id, image }: { id: number; image: Uint8Array }) => {
  last = last.then(async () => {
    process.send?.(await look(id, image));
  });
});
// The parent is gone (also after SIGKILL): a model nobody asks must not stay in memory.
process.on('disconnect', () => process.exit(0));

async function look(id: number, image: Uint8Array): Promise<VisionReply> {
  try {
    const picture = await decode(image);
    const detections = await (await detector)(picture.large);
    const placed = detections.map((detection) => ({ ...detection, box: unletterbox(picture, detection.box) }));
    return { id, seen: describe(picture, measure(picture.small), placed) };
  } catch (error) {
    if (error instanceof UndecodablePicture) return { id, undecodable: true };
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
