import type { ClientRequest } from 'node:http';
import { Agent } from 'node:https';

/** Milliseconds without a byte after which Google's key server counts as not answering. */
const PATIENCE = 3_000;

/**
 * The agent through which firebase-admin fetches Google's signing keys. The library gives those requests no timeout, and
 * reports a failed one like a bad token; here they end in time, and failures are counted, so that the two can be told apart.
 */
export class KeyServerAgent extends Agent {
  /** Failed requests since the last one that succeeded. */
  failures = 0;

  constructor() {
    super({ keepAlive: false });
  }

  /** Called by Node for every request made through the agent. */
  addRequest(request: ClientRequest, ...rest: unknown[]): void {
    request.setTimeout(PATIENCE, () => {
      // Not `ETIMEDOUT`, which firebase-admin repeats four times: the caller is waiting.
      request.destroy(new Error(`Google's key server sent nothing for ${PATIENCE} ms`));
    });
    request.on('error', () => {
      this.failures += 1;
    });
    request.on('response', (response) => {
      const json = /^application\/json\b/.test(response.headers['content-type'] ?? '');
      response.on('close', () => {
        const whole = response.complete && response.statusCode === 200 && json;
        this.failures = whole ? 0 : this.failures + 1;
      });
    });
    const base = Agent.prototype as unknown as { addRequest(request: ClientRequest, ...rest: unknown[]): void };
    base.addRequest.call(this, request, ...rest);
  }
}
