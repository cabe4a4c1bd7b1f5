import { type ParseArgsConfig, parseArgs } from 'node:util';

/** What commands of this repository do alike: `--help`, and one line for what was asked wrongly. */

type Parsed<Config extends ParseArgsConfig> = ReturnType<typeof parseArgs<Config>>;

/** Ends a command that could not do what it was asked, because it was asked wrongly. */
const MISUSE = 2;

/**
 * What `read` makes of the command line. Ends the process: with 0 after printing `usage` where `--help` is given, with 2 and one line on
 * standard error where there are options unknown to `config`, or `read` throws a `RangeError` that says what it expected.
 */
export function readCommandLine<Config extends ParseArgsConfig, Asked>(
  usage: string,
  config: Config,
  read: (parsed: Parsed<Config>) => Asked,
): Asked {
  try {
    const options = { ...config.options, help: { type: 'boolean', default: false } } as const;
    const parsed = parseArgs({ ...config, options });
    if ((parsed.values as { help?: boolean }).help) {
      process.stdout.write(usage.endsWith('\n') ? usage : `${usage}\n`);
      process.exit(0);
    }
    return read(parsed as Parsed<Config>);
  } catch (error) {
    return endIfMisused(error);
  }
}

/** Ends the process with 2 and one line where `error` says that a command was asked wrongly; throws it again where it does not. */
export function endIfMisused(error: unknown): never {
  const words = misuse(error);
  if (words === undefined) throw error;
  process.stderr.write(`${words}\n`);
  process.exit(MISUSE);
}

/** One line on what is wrong with a command line; `undefined` where `error` is of another kind. */
function misuse(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  if (!(error instanceof RangeError) && !code.startsWith('ERR_PARSE_ARGS_')) return undefined;
  // Node goes on to explain how "--" is used, which hardly anybody meant.
  const [line = ''] = error.message.replace(/\. To specify a positional argument[\s\S]*$/, '').split('\n');
  return `${line.replace(/\.$/, '')}; --help lists the options`;
}

/** The number given for `--name`. Throws `RangeError` for anything else, and for one under `least`. */
export function readNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= least) return value;
  throw new RangeError(`--${name}: expected a number of at least ${least}, received "${text}"`);
}

/** The whole number given for `--name`. Throws `RangeError` for anything else, and for one under `least`. */
export function readWhole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${name}: expected a whole number of at least ${least}, received "${text}"`);
}
