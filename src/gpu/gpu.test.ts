import { describe, expect, it, vi } from 'vitest';
import { Tensor } from '../tensor/tensor';
import { matmul } from '../tensor/matmul';
import { Gpu } from './gpu';
import { defineKernel, linearGrid, packParams, rowGrid } from './kernel';
import { shaderNames, shaderSource } from './shader-sources';
import { testGpu } from './testing/gpus';

const gpu = await testGpu();
const provider = (globalThis as { dawn?: GPU }).dawn;

describe('opening a device', () => {
  it('says when there is no WebGPU, and when no adapter answers', async () => {
    await expect(Gpu.open(undefined)).rejects.toMatchObject({ code: 'QS-GPU-01' });
    const none = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
    await expect(Gpu.open(none)).rejects.toMatchObject({ code: 'QS-GPU-02' });
    // Firefox before it has WebGPU: the interface is there, and refuses.
    const refusal = new Error('WebGPU is not yet available in Release or late Beta builds.');
    const refused = Gpu.open({ requestAdapter: () => Promise.reject(refusal) } as unknown as GPU);
    await expect(refused).rejects.toMatchObject({ code: 'QS-GPU-01' });
    await expect(refused).rejects.toThrow('not yet available in Release or late Beta builds): use');
  });

  it('asks for nothing at default limits, and for the adapter’s own at raised ones', async () => {
    expect(gpu.device.limits.maxStorageBufferBindingSize).toBe(128 * 2 ** 20);
    const raised = await testGpu({ limits: 'raised' });
    expect(raised.device.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(128 * 2 ** 20);
    expect(raised.description.limits.maxStorageBufferBindingSize).toBe(
      raised.device.limits.maxStorageBufferBindingSize,
    );
  });

  it('describes the adapter and knows a software one', () => {
    const { software, description, vendor } = gpu.description;
    expect(software).toBe(/swiftshader/i.test(`${vendor} ${description}`));
  });
});

describe('buffers', () => {
  it('come back from the pool, and are counted', () => {
    const before = gpu.buffers.bytesInUse;
    const a = gpu.buffers.acquire(1000, 'a');
    gpu.buffers.release(a);
    const b = gpu.buffers.acquire(900, 'b');
    expect(b).toBe(a);
    gpu.buffers.release(b);
    expect(gpu.buffers.bytesInUse).toBe(before);
    expect(() => gpu.buffers.release(b)).toThrow('released twice');
  });

  it('over the limit are refused with both numbers', () => {
    expect(() => gpu.buffers.acquire(129 * 2 ** 20, 'the Hessian of layer 3')).toThrow(
      /the Hessian of layer 3 needs a buffer of 129 MiB, and this GPU allows 128 MiB/,
    );
  });

  it('keep the order of writes, launches and reads', async () => {
    const a = Tensor.from(gpu, 8, 8, new Float32Array(64).fill(1));
    const first = matmul('nn', a, a);
    gpu.write(a.buffer, new Float32Array(64).fill(2));
    const second = matmul('nn', a, a);
    expect((await first.read())[0]).toBe(8);
    expect((await second.read())[0]).toBe(32);
  });
});

describe('a full pool', async () => {
  const limited = await testGpu();
  const { BufferPool } = await import('./buffers');
  Object.defineProperty(limited, 'buffers', { value: new BufferPool(limited.device, 1024) });

  it('destroys a buffer only after the commands that use it are submitted', async () => {
    const a = Tensor.from(limited, 64, 64, new Float32Array(4096).fill(1));
    const product = matmul('nn', a, a);
    a.release();
    expect((await product.read())[0]).toBe(64);
    expect(limited.broken).toBe(false);
  });
});

describe('launches', () => {
  it('batches of any size give the same', async () => {
    const a = Tensor.from(
      gpu,
      8,
      8,
      Float32Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? 1 : 0)),
    );
    let product = a.clone();
    for (let i = 0; i < 1200; i++) {
      const next = matmul('nn', product, a); // the identity: more launches than the ring has slots
      product.release();
      product = next;
    }
    expect(await product.read()).toEqual(await a.read());
  });

  it('bind the same buffers once, each order and each buffer that took a place apart', async () => {
    const own = await Gpu.open(provider, { limits: 'default' });
    const made = vi.spyOn(own.device, 'createBindGroup');
    const eye = (scale: number) =>
      Tensor.from(
        own,
        8,
        8,
        Float32Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? scale : 0)),
      );
    const [a, b] = [
      eye(2),
      Tensor.from(
        own,
        8,
        8,
        Float32Array.from({ length: 64 }, (_, i) => i),
      ),
    ];
    const product = async (x: Tensor, y: Tensor) => {
      const z = matmul('nn', x, y);
      const values = await z.read();
      z.release();
      return [...values];
    };
    const wanted = Array.from({ length: 64 }, (_, i) => 2 * i);
    expect(await product(a, b)).toEqual(wanted);
    const once = made.mock.calls.length;
    expect(await product(a, b)).toEqual(wanted);
    expect(made.mock.calls.length).toBe(once);
    expect(await product(b, a)).toEqual(wanted);
    expect(await product(b, b)).not.toEqual(wanted);
    expect(made.mock.calls.length).toBe(3 * once);
    a.buffer.destroy();
    expect(await product(eye(2), b)).toEqual(wanted);
    expect(made.mock.calls.length).toBe(4 * once);
    own.destroy();
  });

  it('without a parameter are our own bug', () => {
    const kernel = defineKernel({ shader: 'x', entry: 'main', buffers: [], params: { n: 'u32', f: 'f32', i: 'i32' } });
    const view = new DataView(new ArrayBuffer(12));
    packParams(kernel, { n: 7, f: 0.5, i: -3 }, view, 0);
    expect([view.getUint32(0, true), view.getFloat32(4, true), view.getInt32(8, true)]).toEqual([7, 0.5, -3]);
    expect(() => packParams(kernel, { n: 7 }, view, 0)).toThrow('without f');
  });

  it('fold grids past 65 535 workgroups', () => {
    expect(linearGrid(64 * 65535, 64)).toEqual([65535, 1]);
    const [x, y] = linearGrid(64 * 65536, 64);
    expect(x * y).toBeGreaterThanOrEqual(65536);
    expect(Math.max(x, y)).toBeLessThanOrEqual(65535);
    expect(rowGrid(10, 64, 70000)).toEqual({ grid: [1, 65535, 2], fold: 65535 });
  });

  it('are timed by the clock, and by the GPU where it can', async () => {
    const a = Tensor.from(gpu, 64, 64, new Float32Array(4096).fill(1));
    const { value, span } = await gpu.timed(() => matmul('nn', a, a));
    expect((await value.read())[0]).toBe(64);
    expect(span.wallMs).toEqual(expect.any(Number));
    if (gpu.device.features.has('timestamp-query')) expect(span.gpuMs).not.toBeNull();
  });

  it('that the GPU refuses surface as our bug at the next wait', async () => {
    const broken = await Gpu.open(provider, { limits: 'default' });
    const small = broken.buffers.acquire(256, 'small');
    broken.copy(small, 0, small, 0, 1 << 20);
    await expect(broken.settle()).rejects.toThrow(/bug: the GPU refused/);
    broken.destroy();
  });
});

describe('an attempt', async () => {
  const tried = await testGpu({ limits: 'raised' });
  const works = async () => {
    const a = Tensor.from(tried, 8, 8, new Float32Array(64).fill(1));
    const product = matmul('nn', a, a);
    const [first] = await product.read();
    a.release();
    product.release();
    return first === 8;
  };

  it('gives what its body gives, and throws what it throws', async () => {
    expect(await tried.attempt(() => 7)).toBe(7);
    await expect(tried.attempt(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const small = tried.buffers.acquire(256, 'small');
    await expect(tried.attempt(() => tried.copy(small, 0, small, 0, 1 << 20))).rejects.toThrow(/refused a command/);
    tried.buffers.release(small);
    expect(await works()).toBe(true);
  });

  it('that memory does not reach for leaves the device as it was', async () => {
    const before = tried.buffers.bytesInUse;
    const { maxBufferSize } = tried.device.limits;
    const huge = await tried.attempt(() => {
      for (let bytes = 0; bytes < 2 ** 40; bytes += maxBufferSize) {
        tried.clear(tried.buffers.acquire(maxBufferSize, 'huge'));
      }
    });
    expect(huge).toBeNull();
    expect(tried.buffers.bytesInUse).toBe(before);
    expect(tried.broken).toBe(false);
    expect(await works()).toBe(true);
  });

  it('over the pool’s budget gives up what it acquired, pooled or not', async () => {
    const before = tried.buffers.bytesInUse;
    tried.buffers.budgetBytes = before + 4096;
    const over = await tried.attempt(() => {
      tried.buffers.release(tried.buffers.acquire(1024, 'given back'));
      for (const label of ['first', 'second', 'third']) tried.buffers.acquire(2048, label);
    });
    expect(over).toBeNull();
    expect(tried.buffers.bytesInUse).toBe(before);
    expect(() => tried.buffers.acquire(8192, 'the tape')).toThrow(/^Out of GPU memory: the tape needs /);
    tried.buffers.budgetBytes = Infinity;
    expect(await works()).toBe(true);
  });
});

describe('a lost device', () => {
  it('is told once, and by every later call', async () => {
    const doomed = await Gpu.open(provider, { limits: 'default' });
    const tensor = Tensor.from(doomed, 4, 4, new Float32Array(16));
    const reading = tensor.read();
    doomed.destroy();
    await expect(reading).rejects.toMatchObject({ code: 'QS-GPU-04' });
    expect((await doomed.lost).code).toBe('QS-GPU-04');
    expect(() => matmul('nn', tensor, tensor)).toThrow(/The GPU was closed/);
  });
});

describe('shaders', () => {
  // What is only included has no entry point and may lean on what includes it.
  const modules = shaderNames().filter((name) => shaderSource(name).includes('@compute'));

  it.each(modules)('%s compiles without a message', async (name) => {
    const module = gpu.device.createShaderModule({ code: shaderSource(name) });
    const { messages } = await module.getCompilationInfo();
    expect(messages.map(({ message, lineNum }) => `${lineNum}: ${message}`)).toEqual([]);
  });

  it.each(modules)('%s opens with what it is', (name) => {
    expect(shaderSource(name)).toMatch(/^\/\/ \S/);
  });
});
