// From sums over segments (gradient/group-norm-sums) to what each group of an image has in common, written to all its channels:
// with m = Σ over the group's channels and segments / (pixels · channels),  y = m;  with `inverse`, y = 1/√(m + eps);
// with `weighted`, each channel's sums count weight[channel] times.
//   sums: (images · segments) × all channels; weight: 1 × all channels; y: images × all channels, zero beforehand. stride counts floats.
// Grid: one thread a group of an image, folded in y. No workgroup memory.
//#include "common/index"
//#include "common/finite"
struct Params {
  count: u32, // threads with work
  stride: u32,
  segments: u32,
  groups: u32,
  channels: u32, // of a group
  pixels: u32,
  weighted: u32,
  inverse: u32,
  eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, groups, local, 64);
  if (index >= params.count) { return; }
  let image = index / params.groups;
  let first = index % params.groups * params.channels;
  var total = 0.0;
  for (var c = first; c < first + params.channels; c++) {
    var sum = 0.0;
    for (var s = 0u; s < params.segments; s++) { sum += sums[(image * params.segments + s) * params.stride + c]; }
    if (params.weighted == 1) { sum *= weight[c]; }
    total += sum;
  }
  var value = total / f32(params.channels * params.pixels);
  if (params.inverse == 1) { value = keeping_one(value, inverseSqrt(value + params.eps)); }
  for (var c = first; c < first + params.channels; c++) { y[image * params.stride + c] = value; }
}
