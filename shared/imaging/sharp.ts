import { createRequire } from 'node:module';
import type Sharp from 'sharp';

/**
 * sharp, required at run time: its native half is no bundler's business. On Lambda it comes from a layer, which `require` finds
 * through `NODE_PATH` and `import` would not.
 */
export const sharp: typeof Sharp = createRequire(import.meta.url)('sharp');
