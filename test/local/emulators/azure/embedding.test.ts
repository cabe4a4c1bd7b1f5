import { describe, expect, test } from 'vitest';
import { embedText } from '../../../../local/emulators/azure/embedding.ts';

const closeness = (a: string, b: string) => {
  const [first, second] = [embedText(a, 512), embedText(b, 512)];
  return first.reduce((sum, value, index) => sum + value * (second[index] ?? 0), 0);
};

describe('embedText', () => {
  test('shared words mean closeness, whatever their form, order and filling', () => {
    expect(closeness('Two dogs running', 'a dog runs')).toBeGreaterThan(0.5);
    expect(closeness('dog and horse', 'the horse, the dog')).toBeGreaterThan(0.95);
    expect(Math.abs(closeness('dog', 'bridge'))).toBeLessThan(0.3);
  });
  test('more in common is closer', () => {
    expect(closeness('dog beach sea', 'dog beach sand')).toBeGreaterThan(
      closeness('dog beach sea', 'dog kitchen chair'),
    );
  });
  test('subjects weigh more than colours', () => {
    expect(closeness('grey dog', 'brown dog')).toBeGreaterThan(closeness('grey dog', 'grey train') + 0.5);
  });
  test('what is said often, or first, weighs more', () => {
    expect(closeness('dog dog dog train', 'dog')).toBeGreaterThan(closeness('dog dog dog train', 'train') + 0.2);
    const filling = 'apple bridge candle desert engine forest guitar harbour island jungle kettle ladder meadow';
    expect(closeness(`dog ${filling} ${filling} train`, 'dog')).toBeGreaterThan(
      closeness(`dog ${filling} ${filling} train`, 'train'),
    );
  });
  test('everyday synonyms meet', () => {
    expect(closeness('puppy', 'dog')).toBeCloseTo(1, 5);
    expect(closeness('automobiles', 'car')).toBeCloseTo(1, 5);
  });
  test('is unit length and deterministic, also for text without a word', () => {
    for (const text of ['dog', 'the of and', '…', 'Ünïcödé 写真']) {
      expect(Math.hypot(...embedText(text, 512))).toBeCloseTo(1, 5);
      expect(embedText(text, 512)).toEqual(embedText(text, 512));
    }
    expect(closeness('…', '!!!')).toBeLessThan(0.5);
  });
});
