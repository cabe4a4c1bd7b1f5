import { expect, test } from 'vitest';
import {
  AccountDisabled,
  EmailTaken,
  type IdentityError,
  IdentityMisconfigured,
  IdentityUnavailable,
  InvalidEmail,
  InvalidToken,
  TooManyAttempts,
  WeakPassword,
  WrongCredentials,
} from '../../../shared/adapters/identity/errors.ts';
import { identityProblem } from '../../../shared/lambda/http/identity-problems.ts';
import { renderProblem } from '../../../shared/lambda/http/problems.ts';

const rendered = (error: unknown) => {
  const { statusCode, headers, body } = renderProblem(identityProblem(error), 'request');
  return { statusCode, headers, body: JSON.parse(body) };
};

test.each<[string, IdentityError, number, object]>([
  ['a taken address', new EmailTaken(), 409, {}],
  ['wrong credentials', new WrongCredentials(), 401, { 'WWW-Authenticate': 'Bearer' }],
  ['a disabled account', new AccountDisabled(), 401, {}],
  ['a bad token', new InvalidToken('forged'), 401, { 'WWW-Authenticate': 'Bearer' }],
  ['too many attempts', new TooManyAttempts(), 429, { 'Retry-After': '60' }],
  ['no answer', new IdentityUnavailable('ECONNREFUSED'), 503, { 'Retry-After': '5' }],
])('%s is %s', (_, error, status, headers) => {
  const answer = rendered(error);
  expect(answer.statusCode).toBe(status);
  expect(answer.headers).toMatchObject(headers);
  expect(answer.body.detail).toBe(error.message);
  // What is for the log stays there.
  expect(JSON.stringify(answer.body)).not.toMatch(/forged|ECONNREFUSED/);
});

test.each<[IdentityError, string]>([
  [new WeakPassword(), 'password'],
  [new InvalidEmail(), 'email'],
])('%s names its field', (error, path) => {
  expect(rendered(error)).toMatchObject({ statusCode: 422, body: { errors: [{ path }] } });
});

test('a project that is set up wrongly is ours to repair: the client learns nothing of it', () => {
  const answer = rendered(new IdentityMisconfigured('API_KEY_INVALID'));
  expect(answer.statusCode).toBe(500);
  expect(JSON.stringify(answer)).not.toContain('API_KEY_INVALID');
});

test('any other error is a 500 that says nothing', () => {
  const answer = rendered(new Error('table shoebox-prod is on fire'));
  expect(answer.statusCode).toBe(500);
  expect(JSON.stringify(answer)).not.toContain('fire');
});
