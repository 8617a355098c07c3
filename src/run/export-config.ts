/**
 * config.json of an export that packs weights: the source's, with the quantization described in it and the type that loaders of such
 * files compute in. GPTQ and AQLM kernels take F16 alone, whatever the source was trained in, and refuse a config that says otherwise.
 */
import type { Checkpoint } from '../checkpoint/checkpoint';

/** How transformers 4 and 5 call it. */
const TYPE_KEYS: readonly string[] = ['torch_dtype', 'dtype'];

type Config = Readonly<Record<string, unknown>>;

export function packedConfig({ config }: Pick<Checkpoint, 'config'>, quantization: object): Config {
  const source: Config = config ?? {};
  const text = source.text_config;
  return {
    // One of the two has to stand there.
    ...(TYPE_KEYS.some((key) => key in source) ? {} : { torch_dtype: 'float16' }),
    ...inHalf(source),
    ...(isObject(text) ? { text_config: inHalf(text) } : {}),
    quantization_config: quantization,
  };
}

/** A config in which whatever states the type of the weights states F16. */
function inHalf(config: Config): Config {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, TYPE_KEYS.includes(key) ? 'float16' : value]),
  );
}

function isObject(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
