// What a training of assignments shows of itself, counted over one layer into `head`, from `offset` on. Entry points:
//   count:    0 … 9: largest ratios by tenths of 0 … 1;   10: frozen sub-vectors;   with FINE from 80 on: free sub-vectors by
//             ⌊−FINE · log₂(1 − largest ratio)⌋, BINS of them;   usage: chosen codewords, that is the candidate of the largest ratio, the
//             first among equals.   All of it is zero before.
//   entropy:  16 … 79: Σ −p log₂ p, p = usage / points, over the codewords of one lane each, as the bits of an f32.
//   ratios: rows × stride, N side by side.   candidates: N a sub-vector.   frozen: one u32 a sub-vector, 0 for free.
// Grid: linear over the sub-vectors, LANES threads a workgroup; one workgroup of 64 for `entropy`. No workgroup memory.
override LANES: u32 = 64;
override N: u32 = 2;
override FINE: u32 = 0;
override BINS: u32 = 1;
struct Params {
  rows: u32, subs: u32, stride: u32, codewords: u32, offset: u32, first_group: u32, past_group: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ratios: array<f32>;
@group(0) @binding(2) var<storage, read> candidates: array<u32>;
@group(0) @binding(3) var<storage, read> frozen: array<u32>;
@group(0) @binding(4) var<storage, read_write> head: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> usage: array<atomic<u32>>;
// Of `entropy`, which has bindings of its own.
@group(0) @binding(1) var<storage, read> used: array<u32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(LANES)
fn count(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (g >= params.past_group || i >= params.rows * params.subs) { return; }
  let at = (i / params.subs) * params.stride + (i % params.subs) * N;
  var best = 0u;
  for (var j = 1u; j < N; j++) { if (ratios[at + j] > ratios[at + best]) { best = j; } }
  let largest = clamp(ratios[at + best], 0.0, 1.0);
  atomicAdd(&head[params.offset + min(u32(10.0 * largest), 9u)], 1u);
  atomicAdd(&usage[candidates[i * N + best]], 1u);
  if (frozen[i] > 0u) {
    atomicAdd(&head[params.offset + 10u], 1u);
  } else if (FINE > 0u) {
    let rest = max(1.0 - largest, 1e-9);
    atomicAdd(&head[params.offset + 80u + min(u32(-f32(FINE) * log2(rest)), BINS - 1u)], 1u);
  }
}

@compute @workgroup_size(64)
fn entropy(@builtin(local_invocation_index) lane: u32) {
  let points = f32(params.rows * params.subs);
  var sum = 0.0;
  for (var k = lane; k < params.codewords; k += 64u) {
    let p = f32(used[k]) / points;
    if (p > 0.0) { sum -= p * log2(p); }
  }
  sums[params.offset + 16u + lane] = sum;
}
