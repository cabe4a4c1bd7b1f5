import { expect, test } from 'vitest';
import { localSettings, readSettings } from '../../local/settings.ts';

test('a laptop needs no settings', () => {
  expect(localSettings({}, 1)).toMatchObject({
    AWS_REGION: 'eu-central-1',
    GOOGLE_CLOUD_PROJECT: 'demo-shoebox',
    AZURE_OPENAI_ENDPOINT: '',
    SWEEP_STALE_SECONDS: '900',
  });
});

test('what is set stays, and empty means not set', () => {
  const settings = localSettings({ AWS_REGION: 'us-west-2', GOOGLE_CLOUD_PROJECT: '', SWEEP_STALE_SECONDS: '77' }, 60);
  expect(settings).toMatchObject({
    AWS_REGION: 'us-west-2',
    GOOGLE_CLOUD_PROJECT: 'demo-shoebox',
    SWEEP_STALE_SECONDS: '77',
  });
});

test('a time scale shortens the wait before stuck work is set going again, to ten seconds at the least', () => {
  expect(localSettings({}, 60).SWEEP_STALE_SECONDS).toBe('15');
  expect(localSettings({}, 1000).SWEEP_STALE_SECONDS).toBe('10');
});

test('the environment wins over the file', () => {
  expect(readSettings({ STAGE: 'mine' }).STAGE).toBe('mine');
});
