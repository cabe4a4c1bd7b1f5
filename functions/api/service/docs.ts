import { createHash } from 'node:crypto';
import type { ApiUseCase } from '../use-cases.ts';
import { renderDocs } from './docs/page.ts';
import { style } from './docs/style.ts';

const styleHash = createHash('sha256').update(style).digest('base64');
/** The page's own style and links, and nothing else: no scripts, no other host, no frames. */
const POLICY = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export const docs: ApiUseCase<'docs'> = async ({ basePath, apiUrl }) => ({
  status: 200,
  body: renderDocs(basePath, apiUrl),
  headers: {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': POLICY,
    'Cache-Control': 'public, max-age=300',
  },
});
