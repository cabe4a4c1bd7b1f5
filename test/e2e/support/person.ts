import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type * as schemas from '../../../shared/contract/schemas.ts';
import { isTerminal } from '../../../shared/domain/image.ts';
import { waitFor } from '../../support/wait-for.ts';

export type Image = schemas.ImageView;
export type Problem = schemas.Problem;
export type Ticket = z.infer<typeof schemas.uploadTicket>;
export type Form = Extract<Ticket, { upload: unknown }>;

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json<T>(): T;
}

export interface Announced {
  filename: string;
  bytes: Uint8Array;
  /** Said to be that long, and to have that digest. */
  announce?: { bytes?: number; sha256?: string; content_type?: string };
}

interface Call {
  body?: unknown;
  headers?: Record<string, string>;
  redirect?: 'manual' | 'follow';
}

export const ENDED_WITHIN_MS = 120_000;
const POLL_MS = 150;

/** Posts bytes with a form, as a browser would: what S3 says to it. */
export async function post(form: Form, bytes: Uint8Array, filename = 'picture'): Promise<Answer> {
  const data = new FormData();
  for (const [name, value] of Object.entries(form.upload.fields)) data.append(name, value);
  data.append('file', new Blob([bytes.slice()]), filename);
  return answered(await fetch(form.upload.url, { method: 'POST', body: data }));
}

async function answered(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: <T>() => JSON.parse(text) as T,
  };
}

/** Someone with an account, at the public door: HTTP and nothing else. `base` ends in `/api/v1`; `heard` is told every answer. */
export function createPerson(base: string, token: string, heard: (answer: Answer) => void = () => {}) {
  async function call(method: string, path: string, { body, headers, redirect = 'manual' }: Call = {}) {
    const json = body !== undefined && typeof body !== 'string' && !(body instanceof FormData);
    const answer = await answered(
      await fetch(`${base}${path}`, {
        method,
        redirect,
        headers: {
          ...(token && { authorization: `Bearer ${token}` }),
          ...(json && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: json ? JSON.stringify(body) : (body as string | FormData) }),
      }),
    );
    heard(answer);
    return answer;
  }

  async function get<T>(path: string): Promise<T> {
    const answer = await call('GET', path);
    if (answer.status !== 200) throw new Error(`GET ${path}: expected 200, got ${answer.status} ${answer.text}`);
    return answer.json<T>();
  }

  /** Forms, or the news that the bytes are there already, for up to 100 files. */
  async function tickets(files: readonly Announced[]): Promise<Ticket[]> {
    const announced = files.map(({ filename, bytes, announce }) => ({
      filename,
      content_type: 'image/jpeg',
      bytes: bytes.length,
      ...announce,
    }));
    const answer = await call('POST', '/images/uploads', { body: { files: announced } });
    if (answer.status !== 200) throw new Error(`Expected upload forms, got ${answer.status} ${answer.text}`);
    return answer.json<{ items: Ticket[] }>().items;
  }

  async function form(file: Announced): Promise<Form> {
    const [ticket] = await tickets([file]);
    if (!ticket || !('upload' in ticket)) throw new Error(`Expected a form, got ${JSON.stringify(ticket)}`);
    return ticket;
  }

  /** Everything on a list, page by page. What a page lists it has `under` this name. */
  async function all<T>(path: string, query = 'limit=100', under = 'items'): Promise<T[]> {
    const listed: T[] = [];
    let cursor: string | null = null;
    do {
      const from: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
      const page: Record<string, T[]> & { next_cursor: string | null } = await get(`${path}?${query}${from}`);
      listed.push(...(page[under] ?? []));
      cursor = page.next_cursor;
    } while (cursor);
    return listed;
  }
  const images = (query = '') => all<Image>('/images', `limit=100${query}`);

  return {
    call,
    get,
    all,
    tickets,
    form,
    images,
    image: (imageId: string) => get<Image>(`/images/${imageId}`),

    /** Asks for a form and uses it. Answers the image's id. */
    async upload(file: Announced): Promise<string> {
      const ticket = await form(file);
      const answer = await post(ticket, file.bytes, file.filename);
      if (answer.status >= 300) throw new Error(`Expected S3 to take it, got ${answer.status} ${answer.text}`);
      return ticket.image_id;
    },

    /** The images as they are once each has come to an end, in the order of the ids. */
    async ended(imageIds: readonly string[], timeout = ENDED_WITHIN_MS): Promise<Image[]> {
      const wanted = new Set(imageIds);
      return waitFor(
        async () => {
          const found = new Map((await images()).map((image) => [image.image_id, image]));
          const under = [...wanted].flatMap((id) => {
            const image = found.get(id);
            if (image && isTerminal(image.status)) return [];
            return [image ? `${image.filename}: ${image.status} ${JSON.stringify(image.stages)}` : `${id}: not there`];
          });
          if (under.length > 0) throw new Error(`Expected all to have ended, still under way: ${under.join('; ')}`);
          return imageIds.map((id) => found.get(id) as Image);
        },
        { timeout, interval: POLL_MS },
      );
    },
  };
}
export type Person = ReturnType<typeof createPerson>;

/** Creates an account and signs in to it. */
export async function signUp(base: string, heard?: (answer: Answer) => void): Promise<Person> {
  const body = { email: `${randomUUID()}@example.org`, password: 'correct horse', name: 'Ada' };
  const answer = await createPerson(base, '').call('POST', '/auth/signup', { body });
  if (answer.status !== 201) throw new Error(`Expected to be signed up, got ${answer.status} ${answer.text}`);
  return createPerson(base, answer.json<schemas.Tokens>().access_token, heard);
}

/** Signs in to an account that is there. */
export async function signIn(base: string, { email, password }: { email: string; password: string }): Promise<Person> {
  const body = new URLSearchParams({ username: email, password });
  const answer = await fetch(`${base}/auth/token`, { method: 'POST', body });
  if (answer.status !== 200) throw new Error(`Expected to be signed in, got ${answer.status} ${await answer.text()}`);
  return createPerson(base, ((await answer.json()) as schemas.Tokens).access_token);
}
