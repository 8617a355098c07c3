// Towards the gradient of a norm's weight: y[p, :] = Σ g[r, :] · (x[r, :] − mean_r) · s_r over the rows r = p·panel … p·panel + panel − 1,
// in their order; column-sums.wgsl adds up the panels.   x, g: rows × cols; stats: rows × 2, mean and s (norm.wgsl); y: out_rows × cols.
// stride counts vec4. Grid: 8 × 8 threads a workgroup, x over vec4 of a row, y over the padded rows of y in steps of the grid.
// No workgroup memory.
struct Params { rows: u32, out_rows: u32, stride: u32, panel: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> g: array<vec4f>;
@group(0) @binding(3) var<storage, read> stats: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  if (id.x >= params.stride) { return; }
  let padded = (params.out_rows + 7u) / 8u * 8u;
  for (var p = id.y; p < padded; p += groups.y * 8u) {
    var sum = vec4f(0);
    let end = min((p + 1u) * params.panel, params.rows);
    for (var r = p * params.panel; r < end; r++) {
      let row = stats[r * 2];
      let at = r * params.stride + id.x;
      sum += g[at] * ((x[at] - row.x) * row.y);
    }
    y[p * params.stride + id.x] = sum;
  }
}
