/**
 * What trainings leave behind whose weights are spread over many processes: told by names (a rank's part of a checkpoint) or by tensors
 * (placeholders that stood for weights held elsewhere). None of it is a model; each kind gets its own sentence that says how to gather it.
 */
import { StudioError } from '../base/errors';
import type { ByteSource } from './bytes';
import type { TensorInfo } from './tensors';
import { grouped, listed, quoted } from './wording';

interface ShardKind {
  /** Matched against the path. */
  readonly path: RegExp;
  /** Below this many such files they may be a whole model, and are looked into. */
  readonly atLeast: number;
  /** Completes "… is …". */
  readonly title: string;
  readonly advice: string;
}

/** The first kind that fits decides. */
const SHARD_KINDS: readonly ShardKind[] = [
  {
    path: /(?:^|\/)(?:bf16_|fp16_)?zero_pp_rank_\d+[^/]*\.pt$/i,
    atLeast: 1,
    title: "one process's part of a DeepSpeed ZeRO checkpoint, which holds slices of the weights and no whole one",
    advice: 'gather the weights with "python zero_to_fp32.py . OUT", which lies beside it, and open what that writes',
  },
  {
    path: /(?:^|\/)mp_rank_\d+(?:_\d+)*\/[^/]+\.(?:pt|pth|bin)$/i,
    atLeast: 1,
    title: "one rank's part of a Megatron checkpoint, whose layers are cut and ordered in its own way",
    advice: "convert it to the Hugging Face layout with Megatron's checkpoint converter and open what that writes",
  },
  {
    path: /(?:^|\/)mp_rank_\d+_model_states\.pt$/i,
    atLeast: 2,
    title: "one rank's part of a DeepSpeed checkpoint with model parallelism",
    advice: 'save the model from the training with its weights gathered, as safetensors, and open that',
  },
  {
    path: /\.distcp$/i,
    atLeast: 1,
    title: 'a part of a distributed PyTorch checkpoint (FSDP), which holds slices of the weights',
    advice:
      'gather them with "python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER model.pt", or save with ' +
      'StateDictType.FULL_STATE_DICT, and open that',
  },
  {
    path: /(?:^|\/)(?:model|optimizer)_world_size_\d+_rank_\d+\.(?:pt|pth|bin)$/i,
    atLeast: 1,
    title: "one rank's part of a sharded PyTorch training (FSDP)",
    advice:
      "merge the ranks with the trainer's own tool (verl's model_merger, accelerate merge-weights) and open the result",
  },
  {
    path: /(?:^|\/)pytorch_model_fsdp(?:_\d+)?\.(?:bin|pt)$/i,
    atLeast: 2,
    title: 'a part of a sharded PyTorch training (FSDP)',
    advice: 'gather the weights with "accelerate merge-weights FOLDER OUT" and open what that writes',
  },
  {
    path: /(?:^|\/)model-rank-\d+-part-\d+\.safetensors$/i,
    atLeast: 1,
    title: "one rank's part of weights cut for tensor parallelism (vLLM's sharded_state)",
    advice: 'choose the checkpoint from which it was saved',
  },
  {
    path: /(?:^|\/)consolidated\.\d{2}\.pth$/i,
    atLeast: 2,
    title: 'a slice of weights cut for model parallelism: every part holds a piece of every tensor',
    advice: 'convert the parts to the Hugging Face layout (convert_llama_weights_to_hf.py) and open what that writes',
  },
];

/** The files among these that are parts of a training's own sharded checkpoint, each with its kind. */
export function trainingShards(sources: readonly ByteSource[]): ReadonlySet<ByteSource> {
  return new Set([...byKind(sources)].flatMap(([{ atLeast }, files]) => (files.length >= atLeast ? files : [])));
}

/** Says what such files are. */
export function shardError(sources: readonly ByteSource[]): StudioError | null {
  for (const [{ title, advice, atLeast }, files] of byKind(sources)) {
    if (files.length < atLeast) continue;
    const others = files.length === 1 ? '' : ` (there are ${grouped(files.length)} such files)`;
    return new StudioError('QS-FILE-04', `${quoted(files[0].name)} is ${title}${others}; ${advice}`, {
      parts: files.length,
    });
  }
  return null;
}

function byKind(sources: readonly ByteSource[]): Map<ShardKind, ByteSource[]> {
  const kinds = new Map<ShardKind, ByteSource[]>();
  for (const source of sources) {
    const kind = SHARD_KINDS.find(({ path }) => path.test(source.name));
    if (kind) kinds.set(kind, [...(kinds.get(kind) ?? []), source]);
  }
  return kinds;
}

/** Names under which FSDP keeps several parameters in one vector, or a slice of one. */
const FLAT_PARAMETER = /(?:^|\.)(?:_?flat_param(?:eter)?(?:_\d+)?|_fsdp_wrapped_module)(?:\.|$)/;

/** A parameter of nothing: what ZeRO-3 leaves of a tensor that other processes hold. */
const isEmptyParameter = ({ name, shape }: TensorInfo) =>
  shape.length === 1 && shape[0] === 0 && /(?:^|[._])(?:weight|bias)$/.test(name);

/** The error for tensors that only stand for a model's weights; null where they are a model's. */
export function placeholderError(tensors: ReadonlyMap<string, TensorInfo>): StudioError | null {
  const all = [...tensors.values()];
  const empty = all.filter(isEmptyParameter);
  if (empty.length > 0) {
    const [{ source }] = empty;
    return new StudioError(
      'QS-FILE-04',
      `${quoted(source.name)} holds placeholders of a sharded training (DeepSpeed ZeRO-3) in place of weights: ${empty.length} of its ` +
        `${all.length} tensors have 0 elements (${listed(empty.map(({ name }) => name))}); gather the weights first with zero_to_fp32.py, ` +
        'or save with stage3_gather_16bit_weights_on_model_save, and open that',
      { empty: empty.length, tensors: all.length },
    );
  }
  const flat = all.find(({ name }) => FLAT_PARAMETER.test(name));
  if (flat === undefined) return null;
  return new StudioError(
    'QS-FILE-04',
    `${quoted(flat.source.name)} holds the flattened parameters of a sharded training (FSDP), as tensor ${quoted(flat.name)} says; gather ` +
      'the weights first (StateDictType.FULL_STATE_DICT, or "accelerate merge-weights FOLDER OUT") and open that',
  );
}
