// What there is to know of each column of x over many calls: the least, the greatest, Σ x, Σ |x| and Σ x². Entry points:
//   part:   x: rows × cols → parts: (5·count) × cols, part p of rows p·panel … of them, five rows a part
//   gather: parts → kept: 5 × cols, in the order of the parts, onto what kept holds, or with fresh = 1 instead of it
//   What is not finite in a column makes its five figures not finite. Strides count vec4.
// Grid: one thread a vec4 of a part (part), or of a row of kept (gather), linear. No workgroup memory.
//#include "common/index"
struct Params { rows: u32, stride: u32, panel: u32, count: u32, fresh: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> kept: array<vec4f>;

struct Figures { least: vec4f, greatest: vec4f, sum: vec4f, magnitude: vec4f, squares: vec4f }

// min and max may drop what is no number, sums do not: so the ends take it from the sum of magnitudes.
fn ends_like(ends: vec4f, magnitude: vec4f) -> vec4f {
  return select(ends, magnitude, (bitcast<vec4u>(magnitude) & vec4u(0x7f800000u)) == vec4u(0x7f800000u));
}

fn store(at: u32, f: Figures) {
  kept[at] = ends_like(f.least, f.magnitude);
  kept[at + params.stride] = ends_like(f.greatest, f.magnitude);
  kept[at + 2u * params.stride] = f.sum;
  kept[at + 3u * params.stride] = f.magnitude;
  kept[at + 4u * params.stride] = f.squares;
}

@compute @workgroup_size(64)
fn part(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  let own = i / params.stride;
  let c = i % params.stride;
  if (own >= params.count) { return; }
  let first = own * params.panel;
  let start = x[first * params.stride + c];
  var f = Figures(start, start, vec4f(0), vec4f(0), vec4f(0));
  for (var row = first; row < min(first + params.panel, params.rows); row++) {
    let v = x[row * params.stride + c];
    f.least = min(f.least, v);
    f.greatest = max(f.greatest, v);
    f.sum += v;
    f.magnitude += abs(v);
    f.squares += v * v;
  }
  store(own * 5u * params.stride + c, f);
}

@compute @workgroup_size(64)
fn gather(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let c = linear_index(group, groups, local, 64);
  if (c >= params.stride) { return; }
  var f = Figures(x[c], x[c + params.stride], vec4f(0), vec4f(0), vec4f(0));
  for (var p = 0u; p < params.count; p++) {
    let at = p * 5u * params.stride + c;
    f.least = min(f.least, x[at]);
    f.greatest = max(f.greatest, x[at + params.stride]);
    f.sum += x[at + 2u * params.stride];
    f.magnitude += x[at + 3u * params.stride];
    f.squares += x[at + 4u * params.stride];
  }
  if (params.fresh == 0u) {
    f.least = min(f.least, kept[c]);
    f.greatest = max(f.greatest, kept[c + params.stride]);
    f.sum += kept[c + 2u * params.stride];
    f.magnitude += kept[c + 3u * params.stride];
    f.squares += kept[c + 4u * params.stride];
  }
  store(c, f);
}
