import type { IConfiguration } from 'dependency-cruiser';

/**
 * Imports point one way. Each rule is proven by a planted import in test/layers.
 *
 * bin → lib → shared/contract, shared/config · functions → shared, never each other · domain → domain · SDKs only in adapters,
 * sharp only in imaging · local knows the synthesized template, never the functions' sources · nothing imports test
 */

const SDKS = ['@aws-sdk/', '@smithy/', 'firebase-admin', 'openai', '@azure/openai', '@vladmandic/'];
const npm = (names: readonly string[]) =>
  `node_modules/(${names.map((name) => name.replaceAll('/', '\\/')).join('|')})`;

export const layers: IConfiguration = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'domain-imports-domain',
      comment: 'Pure: no adapters, no SDKs; learning and numeric libraries only.',
      severity: 'error',
      from: { path: '^shared/domain/' },
      to: { pathNot: ['^shared/domain/', 'node_modules/(ml-kmeans|stemmer)/'] },
    },
    {
      name: 'functions-import-shared',
      severity: 'error',
      from: { path: '^functions/([^/]+)/' },
      to: { path: '^(bin|lib|local|test|bench|functions)/', pathNot: '^functions/$1/' },
    },
    {
      name: 'shared-stands-alone',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(bin|lib|local|test|bench|functions)/' },
    },
    {
      name: 'contract-knows-no-adapter',
      severity: 'error',
      from: { path: '^shared/(contract/|config\\.ts)' },
      to: { path: '^shared/(adapters|imaging|lambda)/' },
    },
    {
      name: 'lib-knows-contract-and-config',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(bin|local|test|bench|functions|shared)/', pathNot: '^shared/(contract/|config\\.ts)' },
    },
    {
      name: 'local-knows-the-template',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: '^(functions|lib|bin|test|bench)/' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: '^(bin|lib|functions|shared|local|bench)/' },
      to: { path: '^test/' },
    },
    {
      name: 'sdks-in-adapters',
      severity: 'error',
      from: { path: '^(functions|shared)/', pathNot: '^shared/adapters/' },
      to: { path: npm(SDKS) },
    },
    {
      name: 'sharp-in-imaging',
      severity: 'error',
      from: { path: '^(functions|shared|lib|bin)/', pathNot: '^shared/imaging/' },
      to: { path: npm(['sharp/', '@img/']) },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
