import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type * as schemas from '../../shared/contract/schemas.ts';

export type Image = schemas.ImageView;
export type Cluster = z.infer<typeof schemas.clusterSummary>;
type Ticket = z.infer<typeof schemas.uploadTicket>;

export interface Picture {
  filename: string;
  bytes: Uint8Array;
}

/** The API said no. The message is the problem's detail. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A small client of the API, as a script would write it: `base` is the URL that ends in `/api/v1`. */
export function createClient(base: string) {
  let token = '';

  async function call<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) {
      const problem = text.startsWith('{') ? (JSON.parse(text) as schemas.Problem) : undefined;
      throw new ApiError(answer.status, `${method} ${path}: ${answer.status} ${problem?.detail ?? text.slice(0, 200)}`);
    }
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** An answer that has to be a list: functions that die answer with other things, too. */
  async function list<Answer extends { items: readonly unknown[] }>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Answer> {
    const answer = await call<Answer | undefined>(method, path, body);
    if (!Array.isArray(answer?.items)) throw new ApiError(200, `${method} ${path}: the answer is no list`);
    return answer;
  }

  async function pages<T>(path: string): Promise<T[]> {
    const all: T[] = [];
    let cursor: string | null = null;
    do {
      const separator = path.includes('?') ? '&' : '?';
      const suffix: string = cursor ? `${separator}cursor=${encodeURIComponent(cursor)}` : '';
      const page: { items: T[]; next_cursor: string | null } = await list('GET', `${path}${suffix}`);
      all.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return all;
  }

  return {
    async signUp(email: string, password: string, name: string): Promise<void> {
      const tokens = await call<schemas.Tokens>('POST', '/auth/signup', { email, password, name });
      token = tokens.access_token;
    },

    /** Asks for upload forms for up to 100 pictures, in their order. */
    async tickets(pictures: readonly Picture[]): Promise<Ticket[]> {
      const files = pictures.map(({ filename, bytes }) => ({
        filename,
        content_type: 'application/octet-stream',
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      }));
      return (await list<{ items: Ticket[] }>('POST', '/images/uploads', { files })).items;
    },

    /** Posts a picture with the form it was given, straight to the bucket. */
    async upload(ticket: Extract<Ticket, { upload: unknown }>, { filename, bytes }: Picture): Promise<void> {
      const form = new FormData();
      for (const [name, value] of Object.entries(ticket.upload.fields)) form.append(name, value);
      form.append('file', new Blob([bytes.slice()]), filename);
      const answer = await fetch(ticket.upload.url, { method: 'POST', body: form });
      if (!answer.ok)
        throw new ApiError(answer.status, `upload: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
    },

    /** Asks for an album of each event of three pictures or more, of those to come. */
    makeAlbums: () => call<unknown>('POST', '/albums/auto-generate', { by: ['event'] }),

    stats: () => call<z.infer<typeof schemas.stats>>('GET', '/stats'),
    images: () => pages<Image>('/images?limit=100'),
    people: () => pages<z.infer<typeof schemas.person>>('/people?limit=100'),
    albums: () => pages<schemas.AlbumView>('/albums?limit=100'),
    clusters: async () => (await list<{ items: Cluster[] }>('GET', '/images/clusters')).items,
    clusterImages: async (clusterId: string) => {
      const ids: string[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
        const page: { images: Image[]; next_cursor: string | null } = await call(
          'GET',
          `/images/clusters/${clusterId}?limit=100${query}`,
        );
        ids.push(...page.images.map(({ image_id }) => image_id));
        cursor = page.next_cursor;
      } while (cursor);
      return ids;
    },
  };
}
export type Client = ReturnType<typeof createClient>;
