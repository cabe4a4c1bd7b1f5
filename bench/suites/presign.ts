import { CPU, type Measure, type Suite, WALL } from '../runner/suite.ts';

const EQUAL: Measure = { field: 'equal_urls', title: 'equal URLs', unit: 'URLs' };
const contender = (name: string, who: string) => ({
  name,
  command: [process.execPath, 'bench/contenders/presign.ts', who],
});

export const suite: Suite = {
  name: 'presign',
  title: '1,000 presigned URLs: session token, answer headers; warm',
  contenders: [contender('Shoebox', 'ours'), contender('SDK presigner', 'sdk'), contender('both compared', 'equal')],
  measures: [CPU, WALL, EQUAL],
  goals: [
    {
      what: '1,000 presigned URLs against the SDK’s presigner',
      measure: CPU,
      of: 'Shoebox',
      against: 'SDK presigner',
      least: 50,
    },
    {
      what: 'the same URLs, byte for byte, in both addressing styles',
      measure: EQUAL,
      of: 'both compared',
      least: 2000,
      most: 2000,
    },
  ],
};
