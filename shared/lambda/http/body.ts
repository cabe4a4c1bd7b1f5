import jsonBodyParser from '@middy/http-json-body-parser';
import urlencodeBodyParser from '@middy/http-urlencode-body-parser';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Route } from '../../contract/routes.ts';
import { bodyBytes } from './event.ts';
import { readMultipart } from './multipart.ts';
import { MalformedRequest, UnsupportedMediaType } from './problems.ts';

const JSON_TYPE = /^application\/([\w.+-]+\+)?json\s*(;|$)/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(;|$)/i;

const parsers = {
  json: jsonBodyParser({ disableContentTypeCheck: true }),
  form: urlencodeBodyParser({ disableContentTypeCheck: true }),
};

/**
 * The body as plain data, not yet validated. No body reads as `{}`, so that what is missing gets named. Throws
 * `UnsupportedMediaType`, `MalformedRequest` or, of multipart, `TooLarge`.
 */
export async function readBody(body: NonNullable<Route['body']>, event: APIGatewayProxyEvent): Promise<unknown> {
  if (body.type === 'multipart') return readMultipart(event);
  if (bodyBytes(event) === 0) return {};

  const contentType = event.headers['content-type'];
  if (body.type !== 'form' && JSON_TYPE.test(contentType ?? '')) return parseJson(event);
  // The parser's object has no prototype; copied so that schemas see a plain one.
  if (body.type !== 'json' && FORM_TYPE.test(contentType ?? '')) return { ...(await parse('form', event)) };
  const expected = { json: 'application/json', form: 'application/x-www-form-urlencoded' };
  const either = `${expected.json} or ${expected.form}`;
  throw new UnsupportedMediaType(body.type === 'json-or-form' ? either : expected[body.type], contentType);
}

async function parseJson(event: APIGatewayProxyEvent): Promise<unknown> {
  try {
    return await parse('json', event);
  } catch {
    // The parser's error carries the body itself, which may hold a password.
    throw new MalformedRequest('Expected a body of JSON; this one cannot be read as JSON.');
  }
}

async function parse(kind: keyof typeof parsers, event: APIGatewayProxyEvent): Promise<Record<string, unknown>> {
  const request = { event: { ...event }, context: {}, response: undefined, error: null, internal: {} };
  await parsers[kind].before?.(request as never);
  return request.event.body as unknown as Record<string, unknown>;
}
