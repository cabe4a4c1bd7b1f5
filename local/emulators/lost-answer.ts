import type { ServerResponse } from 'node:http';

/** Lets a call be carried out, throws away whatever is written as its answer, and calls `instead` where the answer would have ended. */
export function loseAnswer(response: ServerResponse, instead: () => void): void {
  const callback = (values: readonly unknown[]) =>
    values.find((value) => typeof value === 'function') as undefined | (() => void);
  const silenced: Partial<ServerResponse> = {
    writeHead: () => response,
    write(...values: unknown[]) {
      const written = callback(values);
      if (written) process.nextTick(written);
      return true;
    },
    end(...values: unknown[]) {
      for (const name of Object.keys(silenced)) Reflect.deleteProperty(response, name);
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      const ended = callback(values);
      if (ended) response.once('close', ended);
      instead();
      return response;
    },
  };
  Object.assign(response, silenced);
}
