import type { Person } from '../../shared/adapters/people.ts';
import type { FaceAssignment } from '../../shared/domain/image.ts';
import { BY_PERSON, faceId, parseFaceId } from '../../shared/domain/people/faces.ts';
import type { Move, MoveKind } from '../../shared/domain/regroup-plan.ts';
import { listOf } from '../../shared/domain/search/postings.ts';
import type { How, Mover } from './apply-plan.ts';
import { noWork } from './bring-in-line.ts';
import type { Batch, OrganizeDeps } from './deps.ts';

/** Faces that may join a person while they are being merged. */
const MOST_LEFT = 500;

/** Faces that change whose they are: on the records of their photos, from which all else follows. */
export function createMoveFaces(
  { people, postings, faceAssignments, clock }: OrganizeDeps,
  bringInLine: (batch: Batch) => Promise<void>,
): Mover {
  /** Moves faces that are still whose the plan says. */
  async function move(batch: Batch, _: string, moves: readonly Move[], { kind, groups }: How) {
    const { userId } = batch;
    const photos = Map.groupBy(moves, ({ id }) => parseFaceId(id).image_id);
    for (const [imageId, own] of photos) {
      const byFace = new Map(own.map((each) => [each.id, each]));
      await faceAssignments.change({ userId, imageId }, ({ faces = [] }) => {
        const after = faces.map((face) => moved(face, byFace.get(faceId(imageId, face.n)), kind));
        return after.some((face, index) => face !== faces[index]) ? after : null;
      });
    }
    // Those an earlier life of this event has moved, too: it may have died before what follows.
    await bringInLine({ ...batch, work: { ...noWork(), settling: new Set(photos.keys()) } });
    if (kind === 'merge') await forget(userId, [...new Set(moves.flatMap(({ from }) => from ?? []))]);
    else await sayAgain(userId, [...new Set(moves.flatMap(({ to }) => to ?? []))], groups);
  }

  /** What was said of those who have become somebody else stands in the plan. */
  const forget = (userId: string, personIds: readonly string[]) => people.forget(userId, personIds);

  /** People who are there again are called as they were, but where something else is said of them by now. */
  async function sayAgain(userId: string, personIds: readonly string[], groups: How['groups']) {
    for (const personId of personIds) {
      const { name, hidden, cover } = (groups[personId] ?? {}) as Partial<Person>;
      if (name === undefined && hidden === undefined && cover === undefined) continue;
      if (await people.get(userId, personId)) continue;
      await people.say(userId, personId, { name, hidden, cover, updated_at: clock().toISOString() });
    }
  }

  return {
    move,

    async left(userId, personId) {
      const listed = await postings.newest(userId, listOf.person(personId), { limit: MOST_LEFT });
      return listed.flatMap(({ image_id, faces = [] }) => faces.map((n) => faceId(image_id, n)));
    },

    async relabel(userId, { group_id, before, after }) {
      const said = await people.get(userId, group_id);
      if (said?.name !== before.name) return;
      const { name } = after as Partial<Person>;
      const updated_at = clock().toISOString();
      const nothing = name === undefined && said?.hidden === undefined && said?.cover === undefined;
      if (nothing) await people.forget(userId, [group_id]);
      else await people.say(userId, group_id, { name, updated_at }, name === undefined ? ['name'] : []);
    },
  };
}

/** A face as it is after a move; the same where it is not, or no longer, what was to be moved. */
function moved(face: FaceAssignment, move: Move | undefined, kind: MoveKind): FaceAssignment {
  if (!move || face.person_id !== move.from || (kind === 'recluster' && face.by_person)) return face;
  const { n, box } = face;
  const byPerson = kind === 'merge' || kind === 'move' || (kind === 'undo' && move.was === BY_PERSON);
  return { n, box, person_id: move.to, similarity: null, ...(byPerson && { by_person: true as const }) };
}
