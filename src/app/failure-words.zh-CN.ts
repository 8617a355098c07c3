import type { ErrorCode } from '../base/errors';

/** The engine's own sentence, which follows as the detail, stays English. */
export const FAILURE_WORDS: Readonly<Record<ErrorCode, { readonly title: string; readonly text: string }>> = {
  'QS-GPU-01': {
    title: '这个浏览器没有 WebGPU。',
    text: '您可以阅读预先计算的比较，以及所有已保存或分享的结果；运行各方法需要 WebGPU。Chrome 或 Edge 113 及以上、Safari 26 及以上、Firefox 141 及以上都具备；在 Linux 上请使用最新版本，若仍没有，也许可以在设置中开启（Firefox：about:config 中的 dom.webgpu.enabled）。',
  },
  'QS-GPU-02': {
    title: '有 WebGPU，但没有图形适配器响应。',
    text: '可能是硬件加速已关闭、驱动被屏蔽、正在使用远程桌面，或手机的 GPU 尚不受支持。',
  },
  'QS-GPU-03': {
    title: '某一层的需求超出了这块 GPU 的限制。',
    text: '没有丢失任何内容。若原因是窗口，改用更短的窗口，或换一块 GPU，也许可以解决。',
  },
  'QS-GPU-04': {
    title: 'GPU 被重置了。',
    text: '任务过长、内存不足、休眠或驱动更新都可能造成重置。已完成的层都已保存。',
  },
  'QS-GPU-05': { title: 'GPU 内存不足。', text: '已完成的层都已保存。' },
  'QS-STO-01': { title: '浏览器存储已满。', text: '已保存的内容没有丢失。' },
  'QS-STO-03': {
    title: '这个模型的保存副本已不在：浏览器删除了它。',
    text: '您的结果仍在这里。再次拖入相同的文件即可继续；我们会核对它们是否一致。',
  },
  'QS-FILE-01': {
    title: '这些权重的存储类型无法用于计算。',
    text: '我们可以用 F32、F16、BF16 和 F64 计算。',
  },
  'QS-FILE-02': {
    title: '我们还不会运行这种架构。',
    text: '不需要数据的方法（RTN、k-means VQ）只要有权重矩阵就能用。',
  },
  'QS-FILE-03': { title: '文件不完整，或自相矛盾。', text: '' },
  'QS-FILE-04': {
    title: '这不是我们能打开的文件。',
    text: '权重可以从 safetensors、PyTorch（.bin、.pt、.pth，不执行其中的内容）和 NumPy（.npz、.npy）文件读取。',
  },
  'QS-FILE-05': {
    title: '这是 Git LFS 指针，不是权重。',
    text: '请用 git lfs pull 或网站的下载按钮下载真正的文件。',
  },
  'QS-FILE-06': { title: '模型缺少一部分。', text: '请把所有部分连同索引文件一起拖入。' },
  'QS-FILE-07': { title: '这些文件彼此不匹配。', text: 'config.json 或图像可能属于另一个模型。' },
  'QS-FILE-08': {
    title: '分词器缺失或无法读取。',
    text: '使用文本时，权重旁需要有 tokenizer.json；使用随机词元则不需要。',
  },
  'QS-FILE-09': {
    title: '可用于校准的数据太少。',
    text: '请添加更长的文本或更多图像，或使用更少、更短的窗口。',
  },
  'QS-FILE-10': { title: '这个文件超出了工作室能容纳的大小。', text: '' },
  'QS-FILE-20': { title: '这个文件需要与模型放在一起。', text: '' },
  'QS-RUN-01': { title: '以这次运行目前的状态，无法这样做。', text: '' },
  'QS-RUN-02': {
    title: '无法继续这次运行：它所依赖的某些内容已经改变。',
    text: '继续下去会混合两次不同的运行。请重新运行该配方；已停止的运行会留在模型库中，直到您删除它。',
  },
  'QS-RUN-03': { title: '另一个标签页正在处理这次运行。', text: '请在那里关闭它，或等它完成。' },
  'QS-NUM-01': {
    title: '某个海森矩阵不是正定的。',
    text: '最可能的原因是校准文本相对于层的宽度太少。更多文本或更大的阻尼会有帮助。',
  },
  'QS-NUM-02': {
    title: '出现了不是数的值。',
    text: '可能是模型自身的激活值溢出，或权重已损坏。',
  },
  'QS-RECIPE-01': { title: '配方要求了这次运行做不到的事。', text: '' },
  'QS-LINK-01': { title: '这个链接已损坏，或来自更新的版本。', text: '没有任何改变：配方与之前相同。' },
  'QS-APP-01': { title: '工作室出现了故障。', text: '您的文件和结果是安全的。' },
};
