import { openApi } from '../../../shared/contract/openapi.ts';
import type { ApiUseCase } from '../use-cases.ts';

export const openapi: ApiUseCase<'openapi'> = async ({ basePath }) => ({
  status: 200,
  body: JSON.stringify(openApi(basePath)),
  headers: { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' },
});
