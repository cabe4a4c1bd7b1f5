import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { incomingKey } from '../../shared/domain/object-keys.ts';
import { BUCKET, type World } from '../support/world.ts';
import { pictures, sha256 } from './pictures.ts';
import type { Act } from './schedule.ts';

export interface Reply {
  status: number;
  json: () => Record<string, unknown>;
}
/** Asks the API as a user; `null` where it died of it. */
export type Call = (user: string, method: string, path: string, request?: Asked) => Promise<Reply | null>;
export interface Asked {
  body?: object | string | Buffer;
  query?: Record<string, string>;
  headers?: Record<string, string>;
}

/** An image as whoever uploaded it knows it. */
export interface Upload {
  userId: string;
  imageId: string;
  picture: number;
  /** S3 has taken its bytes. */
  arrived: boolean;
  /** Nothing else was ever sent with its form. */
  once: boolean;
  /** Its owner wants it to be gone. */
  unwanted: boolean;
}

/** Photos of which one event may ask that everything is written anew. */
const MOST_REBUILT = 25;

const around = <T>(items: readonly T[], number: number): T | undefined => items[number % Math.max(1, items.length)];
interface Listed extends Record<string, unknown> {
  image_id?: string;
  cluster_id?: string;
  album_id?: string;
  person_id?: string;
  kind?: string;
}

/** What is done by who runs the stack, with other means than the API. */
interface Operator {
  redrive: () => void;
  rebuild: (event: Extract<OrganizeEvent, { type: 'rebuild' }>) => void;
}

/** What people do, through the API and the forms it gives; and operators. */
export function createActs(world: World, users: readonly string[], call: Call, operator: Operator) {
  const uploads: Upload[] = [];
  let rebuilds = 0;

  async function post({ userId, imageId }: Pick<Upload, 'userId' | 'imageId'>, picture: number): Promise<void> {
    const Body = (await pictures()).files[picture] as Buffer;
    const Key = incomingKey(userId, imageId);
    await world.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ContentType: 'image/jpeg' }));
  }

  async function announce(userId: string, picture: number, promised: boolean): Promise<Upload | null> {
    const bytes = (await pictures()).files[picture] as Buffer;
    const file = { filename: `${picture}.jpg`, content_type: 'image/jpeg', bytes: bytes.length };
    const files = [{ ...file, ...(promised && { sha256: sha256(bytes) }) }];
    const answer = await call(userId, 'POST', '/images/uploads', { body: { files } });
    const [item] = answer?.status === 200 ? (answer.json().items as Listed[]) : [];
    if (!item?.image_id || item.duplicate) return null;
    const upload = { userId, imageId: item.image_id, picture, arrived: false, once: true, unwanted: false };
    uploads.push(upload);
    return upload;
  }

  async function list(userId: string, path: string): Promise<Listed[]> {
    const answer = await call(userId, 'GET', path);
    return answer?.status === 200 ? (answer.json().items as Listed[]) : [];
  }

  /** Does one thing; what cannot be done (nothing is there to do it with) is not. */
  async function act({ what, user, photo, picture }: Act): Promise<void> {
    const userId = users[user] ?? users[0] ?? '';
    const own = uploads.filter((upload) => upload.userId === userId);
    const one = around(own, photo);
    const other = around(own, photo + 1 + picture);
    const at = one && `/images/${one.imageId}`;
    const ask = (method: string, path: string, body?: object, query: Record<string, string> = {}) =>
      call(userId, method, path, { ...(body && { body }), query });
    const clusters = () => list(userId, '/images/clusters');
    const people = () => list(userId, '/people');
    const album = async (kind = 'manual') =>
      around(
        (await list(userId, '/albums')).filter((each) => each.kind === kind),
        picture,
      )?.album_id;

    switch (what) {
      case 'nothing':
        return;
      case 'upload': {
        const upload = await announce(userId, picture, photo === 0);
        if (!upload) return;
        await post(upload, picture);
        upload.arrived = true;
        return;
      }
      case 'small-upload': {
        const boundary = 'a-boundary';
        const head = `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${picture}.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
        const file = (await pictures()).files[picture] as Buffer;
        const body = Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]);
        const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
        const answer = await call(userId, 'POST', '/images/upload', { body, headers });
        const [item] = answer?.status === 202 ? (answer.json().items as Listed[]) : [];
        if (item?.image_id)
          uploads.push({ userId, imageId: item.image_id, picture, arrived: true, once: true, unwanted: false });
        return;
      }
      case 'announce':
        return void (await announce(userId, picture, photo % 2 === 0));
      case 'post-again':
        // The same form: S3 takes what it is given as long as the form lives.
        if (!one) return;
        await post(one, photo % 2 ? picture : one.picture);
        one.arrived = true;
        one.once = false;
        return;
      case 'edit':
        return void (
          at &&
          (await ask('PATCH', at, {
            title: `Mine ${picture}`,
            favorite: picture % 2 === 0,
            taken_at: `2024-05-1${picture}T10:00:00`,
          }))
        );
      case 'retag':
        return void (
          at &&
          (await ask(
            'PATCH',
            at,
            picture % 3
              ? { tags: [`mine${picture}`], place: { city: 'Faro', country: 'Portugal' } }
              : { tags: null, taken_at: null },
          ))
        );
      case 'trash':
        if (one) one.unwanted = true;
        return void (at && (await ask('DELETE', at)));
      case 'restore':
        return void (at && (await ask('POST', `${at}/restore`)));
      case 'erase':
        if (one) one.unwanted = true;
        return void (at && (await ask('DELETE', at, undefined, { permanent: 'true' })));
      case 'empty-trash':
        return void (await ask('DELETE', '/trash'));
      case 'batch-trash':
        for (const upload of [one, other]) if (upload) upload.unwanted = true;
        return void (
          one &&
          other &&
          (await ask('POST', '/images/batch', { ids: [...new Set([one.imageId, other.imageId])], action: 'delete' }))
        );
      case 'reprocess': {
        const stages = [['ingest', 'describe', 'faces', 'organize'], ['describe'], ['faces'], ['ingest'], ['organize']];
        return void (at && (await ask('POST', `${at}/reprocess`, { stages: around(stages, picture) ?? [] })));
      }
      case 'reprocess-all':
        return void (await ask('POST', '/images/reprocess', {
          stages: [around(['describe', 'ingest', 'faces'], picture)],
        }));
      case 'recluster':
        return void (await ask('POST', '/images/cluster', {
          k: around(['auto', 1, 2], picture),
          names: picture % 2 === 0,
        }));
      case 'merge': {
        const [into, from] = await clusters();
        return void (
          into &&
          from &&
          (await ask('POST', '/images/clusters/merge', { into: into.cluster_id, from: [from.cluster_id] }))
        );
      }
      case 'move': {
        const to = around([around(await clusters(), photo)?.cluster_id ?? null, { name: 'By hand' }, null], picture);
        return void (one && (await ask('POST', '/images/clusters/move', { image_ids: [one.imageId], to })));
      }
      case 'name-cluster': {
        const cluster = around(await clusters(), photo);
        const patch =
          picture % 2 ? { name: picture > 3 ? null : `Named ${picture}` } : { cover_image_id: one?.imageId ?? null };
        return void (cluster && (await ask('PATCH', `/images/clusters/${cluster.cluster_id}`, patch)));
      }
      case 'undo':
        return void (await ask('POST', '/images/clusters/undo'));
      case 'album':
        return void (await ask('POST', '/albums/manual', {
          name: `Album ${picture}`,
          ...(one && { image_ids: [one.imageId] }),
        }));
      case 'fill-album': {
        const id = await album();
        return void (id && one && (await ask('PUT', `/albums/${id}/images`, { ids: [one.imageId] })));
      }
      case 'clear-album': {
        const id = await album();
        return void (id && one && (await ask('DELETE', `/albums/${id}/images`, { ids: [one.imageId] })));
      }
      case 'drop-album': {
        const id = await album(photo % 2 ? 'auto' : 'manual');
        return void (id && (await ask('DELETE', `/albums/${id}`)));
      }
      case 'smart-album': {
        await ask('POST', '/albums', { kind: 'smart', name: 'Dogs', query: { tag: ['dog'] } });
        return;
      }
      case 'auto-albums':
        return void (await ask('POST', '/albums/auto-generate', {
          by: ['country', 'month', 'event'],
          min_images: 1 + (picture % 2),
        }));
      case 'share': {
        const id = await album();
        return void (id && (await ask('POST', `/albums/${id}/links`, {})));
      }
      case 'name-person': {
        const person = around(await people(), photo);
        return void (
          person &&
          (await ask('PATCH', `/people/${person.person_id}`, { name: `Person ${picture}`, hidden: picture === 3 }))
        );
      }
      case 'merge-people': {
        const [into, from] = await people();
        return void (
          into &&
          from &&
          (await ask('POST', '/people/merge', { into: into.person_id, from: [from.person_id] }))
        );
      }
      case 'split-person': {
        const person = around(await people(), picture);
        return void (
          person &&
          one &&
          (await ask('POST', `/people/${person.person_id}/split`, { image_ids: [one.imageId] }))
        );
      }
      case 'move-face':
        return void (
          at &&
          (await ask('PATCH', `${at}/faces/${picture % 2}`, photo % 2 ? { name: 'Somebody' } : { person_id: null }))
        );
      case 'undo-people':
        return void (await ask('POST', '/people/undo'));
      case 'group-people':
        return void (await ask('POST', '/people/group'));
      case 'forget-faces':
        return void (await ask('DELETE', '/people/data'));
      case 'find-faces':
        return void (await ask('POST', '/people/data'));
      case 'download':
        return void (await ask('POST', '/downloads', { all: true }));
      case 'redrive':
        return operator.redrive();
      case 'rebuild': {
        const image_ids = own.slice(0, MOST_REBUILT).map(({ imageId }) => imageId);
        rebuilds += 1;
        const event_id = `rebuild:${userId}:${rebuilds}`;
        return operator.rebuild({
          type: 'rebuild',
          event_id,
          user_id: userId,
          image_ids,
          waiting: image_ids,
          counters: true,
        });
      }
      case 'close-account':
        return void (await ask('DELETE', '/auth/me'));
    }
  }

  return { act, uploads };
}
