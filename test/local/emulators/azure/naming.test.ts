import { describe, expect, test } from 'vitest';
import { nameGroup, readGroup } from '../../../../local/emulators/azure/naming.ts';

const dogs = ['Dog amid greenery. It shows an animal: a dog.', 'Two dogs in grey. It shows an animal: two dogs.'];

describe('nameGroup', () => {
  test('takes what the members share, not the colour they share', () => {
    expect(nameGroup(['Grey boat', 'Grey boat in grey', 'Boats, grey'], [])).toBe('Boat');
  });
  test('avoids names that are taken, ignoring case', () => {
    const second = nameGroup(dogs, ['dog']);
    expect(second.toLowerCase()).not.toBe('dog');
    expect(nameGroup(dogs, ['dog', second])).not.toBe(second);
  });
  test('always finds a free name', () => {
    expect(nameGroup([], [])).toBe('Pictures');
    expect(nameGroup(['dog'], ['Dog'])).toBe('Dog 2');
  });
});

describe('readGroup', () => {
  test('tells members from taken names by their keys', () => {
    const text = 'Name this: {"pictures": ["a dog", {"title": "a cat"}], "other_names": ["Pets"]}';
    expect(readGroup(text)).toEqual({ members: ['a dog', 'a cat'], taken: ['Pets'] });
  });
  test('takes prose line by line', () => {
    expect(readGroup('a dog {on grass}\n\na cat')).toEqual({ members: ['a dog {on grass}', 'a cat'], taken: [] });
  });
});
