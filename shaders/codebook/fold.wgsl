// Adds up to SPAN neighbouring chunks of partial sums into one, in order: out[book][c][i] = Σ_s in[book][c · SPAN + s][i].
//   in: books × chunks × width; out: books × out_chunks × width, width being fields × codewords (codebook/accumulate.wgsl).
// Grid: workgroups first_group … past_group − 1, folded in y; one thread an entry of out. No workgroup memory.
override LANES: u32 = 64;
override SPAN: u32 = 32;
struct Params { count: u32, width: u32, chunks: u32, out_chunks: u32, first_group: u32, past_group: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (g >= params.past_group || i >= params.count) { return; }
  let entry = i % params.width;
  let chunk = (i / params.width) % params.out_chunks;
  let book = i / (params.width * params.out_chunks);
  let first = chunk * SPAN;
  let past = min(first + SPAN, params.chunks);
  var sum = 0.0;
  for (var c = first; c < past; c++) { sum += partials[(book * params.chunks + c) * params.width + entry]; }
  out[i] = sum;
}
