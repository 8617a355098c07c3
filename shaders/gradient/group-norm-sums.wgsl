// Sums for GroupNorm over a segment of an image's pixels, channel by channel; a segment is `span` pixels, the last of an image what is
// left. Entry points:
//   plain: y = Σ x;   squares: y = Σ (x − mean)²;   back: y = Σ g and more = Σ g ⊙ x̂, x̂ = (x − mean) ⊙ rate
//   x, g: (images · pixels) × channels; mean, rate: images × channels; y, more: (images · segments) × channels. Strides count vec4.
// Grid: one thread a vec4 of y, folded in y. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, stride: u32, pixels: u32, segments: u32, span: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<storage, read> mean: array<vec4f>;
@group(0) @binding(4) var<storage, read> rate: array<vec4f>;
@group(0) @binding(5) var<storage, read> g: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> more: array<vec4f>;

// Where a thread's pixels begin and end in x, and its image's channels in `mean`.
struct Span { begin: u32, end: u32, own: u32 }

fn span_of(at: u32) -> Span {
  let lane = at % params.stride;
  let segment = at / params.stride % params.segments;
  let image = at / params.stride / params.segments;
  let begin = segment * params.span;
  let end = min(begin + params.span, params.pixels);
  let first = image * params.pixels;
  return Span((first + begin) * params.stride + lane, (first + end) * params.stride + lane, image * params.stride + lane);
}

@compute @workgroup_size(64)
fn plain(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let span = span_of(at);
  var sum = vec4f(0);
  for (var i = span.begin; i < span.end; i += params.stride) { sum += x[i]; }
  y[at] = sum;
}

@compute @workgroup_size(64)
fn squares(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let span = span_of(at);
  let middle = mean[span.own];
  var sum = vec4f(0);
  for (var i = span.begin; i < span.end; i += params.stride) { sum += (x[i] - middle) * (x[i] - middle); }
  y[at] = sum;
}

@compute @workgroup_size(64)
fn back(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let span = span_of(at);
  let middle = mean[span.own];
  var sum = vec4f(0);
  var normed = vec4f(0);
  for (var i = span.begin; i < span.end; i += params.stride) {
    sum += g[i];
    normed += g[i] * (x[i] - middle);
  }
  y[at] = sum;
  more[at] = normed * rate[span.own];
}
