import { bundleFolders } from '../bundles.ts';
import { CPU, type Suite, WALL } from '../runner/suite.ts';

export const suite: Suite = {
  name: 'page',
  title: 'GET /images?limit=100 in the api’s handler, warm; DynamoDB, S3, STS in another process',
  contenders: [
    {
      name: 'page of 100 images',
      command: [process.execPath, 'bench/contenders/page.ts', bundleFolders().get('api') ?? '', '100'],
    },
  ],
  measures: [CPU, WALL, { field: 'page_bytes', title: 'answer', unit: 'kB', per: 1000 }],
  goals: [{ what: 'a page of 100 images with all URLs', measure: CPU, of: 'page of 100 images', most: 15 }],
};
