import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Route } from '../../contract/routes.ts';
import { bodyBytes } from './event.ts';
import { HttpProblem, TooLarge } from './problems.ts';

/** The longest JSON or form anybody needs: 10,000 ids are 390 KB. */
const MOST_BYTES = 1024 * 1024;

/** Bytes, beyond which nothing of a request is looked at. The gateway's own bound of request line and headers is 10 KB. */
const MOST = { path: 1_024, query: 8 * 1024, headers: 16 * 1024 };
const MOST_PARAMETERS = 50;

const bytesOf = (texts: Iterable<string | undefined>): number => {
  let sum = 0;
  for (const text of texts) sum += Buffer.byteLength(text ?? '');
  return sum;
};

/** That a request is no larger than any its route could want. Throws `HttpProblem`: 413, 414 or 431. */
export function assertBounded(route: Route, event: APIGatewayProxyEvent): void {
  const { path, headers } = event;
  if (bytesOf([path]) > MOST.path) {
    throw new HttpProblem('uri-too-long', `Expected a path of at most ${MOST.path} bytes.`);
  }
  const query = Object.entries(event.multiValueQueryStringParameters ?? event.queryStringParameters ?? {});
  const values = query.flatMap(([name, value]) => [name, ...[value].flat()]);
  if (values.length > 2 * MOST_PARAMETERS || bytesOf(values) > MOST.query) {
    const most = `${MOST_PARAMETERS} parameters and ${MOST.query} bytes`;
    throw new HttpProblem('uri-too-long', `Expected a query of at most ${most}.`);
  }
  if (bytesOf(Object.entries(headers ?? {}).flat()) > MOST.headers) {
    throw new HttpProblem('headers-too-large', `Expected headers of at most ${MOST.headers} bytes in all.`);
  }
  // What takes multipart says itself how much, and where larger pictures go.
  if (route.body?.type === 'multipart') return;
  const bytes = bodyBytes(event);
  if (bytes > MOST_BYTES) throw new TooLarge(`Expected a body of at most ${MOST_BYTES} bytes, received ${bytes}.`);
}
