import { expect, test } from 'vitest';
import { functionName, synthesize } from './template.ts';

test('with FACES=off there is no function, no queue and no permission for faces', () => {
  const template = synthesize({ FACES: 'off' });
  const functions = template.ofType('AWS::Lambda::Function');
  expect(functions.map(functionName)).not.toContain('faces');
  expect(template.resources.map(({ id }) => id).filter((id) => /^(Pipeline)?Faces/.test(id))).toEqual([]);
  const given = functions.flatMap(({ Properties }) => Properties.Environment?.Variables?.FACES_QUEUE_URL ?? []);
  expect(given.length).toBeGreaterThan(0);
  for (const url of given) expect(String(url)).toBe('');
  expect(template.ofType('AWS::SQS::Queue')).toHaveLength(8);
});
