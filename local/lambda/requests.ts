import { subscribe } from 'node:diagnostics_channel';

/**
 * Counts the HTTP requests of this process as their responses arrive, whichever client made them: the AWS SDKs use `node:http`,
 * `fetch` is undici. Answered requests are the steps between which a function can be killed.
 */
export function countAnsweredRequests(onAnswer: (answered: number) => void): { reset(): void; answered(): number } {
  let answered = 0;
  const answer = () => onAnswer(++answered);
  subscribe('http.client.response.finish', answer);
  subscribe('undici:request:headers', answer);
  return {
    reset: () => {
      answered = 0;
    },
    answered: () => answered,
  };
}
