// What the threads of gradient/scan-back left in `work`, added up in a fixed order. Entry points:
//   tokens:  ∂B and ∂C of the launch's windows, two vec4 from first_quad of each row: out, out_c: tokens × states
//   windows: ∂A and ∂skip: out[i] = Σ_w work[partial_at + w·count + i], i < count, over `windows` of them
// With `add`, onto what is there, so that any cut into launches gives the same bits. Everything counts vec4.
// Grid: one thread a vec4 of a result, folded in y. No workgroup memory.
//#include "common/index"
override WG: u32 = 64; // of scan-back
struct Params {
  count: u32, // threads with work
  windows: u32,
  length: u32,
  first_row: u32,
  launch_chunks: u32,
  state_stride: u32,
  first_quad: u32,
  group_vectors: u32,
  shares_at: u32,
  partial_at: u32,
  add: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> work: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out_c: array<vec4f>;

@compute @workgroup_size(64)
fn tokens(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, groups, local, 64);
  if (index >= params.count) { return; }
  let quad = index % 2;
  let row = index / 2;
  let first = row / params.length * params.launch_chunks;
  let share = params.shares_at + (row % params.length * 4 + quad) * WG;
  let to = (params.first_row + row) * params.state_stride + params.first_quad + quad;
  var sum = vec4f(0);
  var sum_c = vec4f(0);
  if (params.add == 1) {
    sum = out[to];
    sum_c = out_c[to];
  }
  for (var thread = first; thread < first + params.launch_chunks; thread++) {
    let at = thread / WG * params.group_vectors + thread % WG + share;
    sum += work[at];
    sum_c += work[at + 2 * WG];
  }
  out[to] = sum;
  out_c[to] = sum_c;
}

@compute @workgroup_size(64)
fn windows(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, groups, local, 64);
  if (index >= params.count) { return; }
  var sum = vec4f(0);
  if (params.add == 1) { sum = out[index]; }
  for (var w = 0u; w < params.windows; w++) { sum += work[params.partial_at + w * params.count + index]; }
  out[index] = sum;
}
