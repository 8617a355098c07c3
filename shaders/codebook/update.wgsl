// The M-step of k-means, second pass: from the sums by codeword to the codewords and their numbers of points.
//   partials: [book − first_book][chunk][field][codeword] (codebook/accumulate.wgsl).   before: books × cb_stride.
//   codebooks: books × cb_stride, codeword k of a book at k·D.   counts: books × codewords.
//   MODE 0: c = Σ m v / Σ m, zero for a codeword without points   1: the same, but such a codeword stays   2: c = Σ v.
// Grid: workgroups first_group … past_group − 1, folded in y; one thread a codeword. No workgroup memory.
override D: u32 = 4;
override LANES: u32 = 64;
override WEIGHTED: bool = false;
override MODE: u32 = 0;
struct Params {
  codewords: u32, cb_stride: u32, first_book: u32, past_book: u32, chunks: u32, first_group: u32, past_group: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read> before: array<f32>;
@group(0) @binding(3) var<storage, read_write> codebooks: array<f32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;

fn sum(book: u32, field: u32, k: u32) -> f32 {
  let fields = select(D + 1u, 2u * D + 1u, WEIGHTED);
  var at = (book * params.chunks * fields + field) * params.codewords + k;
  var total = 0.0;
  for (var chunk = 0u; chunk < params.chunks; chunk++) {
    total += partials[at];
    at += fields * params.codewords;
  }
  return total;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  let local = i / params.codewords;
  let k = i % params.codewords;
  let book = params.first_book + local;
  if (g >= params.past_group || book >= params.past_book) { return; }
  let count = sum(local, select(D, 2u * D, WEIGHTED), k);
  counts[book * params.codewords + k] = u32(count);
  for (var j = 0u; j < D; j++) {
    let at = book * params.cb_stride + k * D + j;
    var divisor = 1.0;
    if (MODE != 2u) {
      divisor = count;
      if (WEIGHTED) { divisor = sum(local, D + j, k); }
    }
    var value = 0.0;
    if (divisor > 0.0) { value = sum(local, j, k) / divisor; }
    if (MODE == 1u && !(divisor > 0.0)) { value = before[at]; }
    codebooks[at] = value;
  }
}
