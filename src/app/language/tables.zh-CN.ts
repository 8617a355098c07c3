/** The samples and the measures in Chinese, by their English. */
export const said: Readonly<Record<string, string>> = {
  // Samples: what they are, and what they show.
  'A Llama-style language model of a million parameters, trained on short stories made by a grammar.':
    '一百万参数的 Llama 式语言模型，用由语法生成的短故事训练。',
  'How rounding error travels from layer to layer in a transformer, in seconds instead of hours.':
    '舍入误差如何在 transformer 中逐层传播，几秒钟就能看到，而不用几小时。',
  'A vision transformer of 0.2 million parameters that tells ten drawn shapes apart.':
    '二十万参数的视觉 transformer，分辨十种画出的形状。',
  'Where two bits begin to cost accuracy, and what a codebook saves.':
    '两比特从哪里开始损失准确率，以及码本能节省什么。',
  'A Vision Mamba of 0.14 million parameters for the same ten shapes: a state-space scan in both directions.':
    '十四万参数的 Vision Mamba，识别同样的十种形状：双向的状态空间扫描。',
  'The same question without attention.': '同样的问题，没有注意力。',
  'A ResNet-20 of 0.27 million parameters for the same ten shapes: convolutions of 3 × 3 and nothing else.':
    '二十七万参数的 ResNet-20，识别同样的十种形状：全是 3 × 3 的卷积。',
  'The same question where every layer is a convolution.': '同样的问题，每一层都是卷积。',
  'A diffusion transformer of 0.7 million parameters that draws the ten shapes from noise.':
    '七十万参数的扩散 transformer，从噪声画出这十种形状。',
  'What quantization does to images, sampled from the same noise by every method.':
    '量化对图像的影响：每种方法都从相同的噪声采样。',
  // Measures, within a sentence.
  perplexity: '困惑度',
  KL: 'KL',
  'median KL': 'KL 中位数',
  '99th percentile of KL': 'KL 第 99 百分位',
  'same top-1': 'top-1 相同',
  accuracy: '准确率',
  'noise error': '噪声误差',
  'trajectory error': '轨迹误差',
  PSNR: '峰值信噪比 PSNR',
  SSIM: '结构相似度 SSIM',
  'Fréchet distance': 'Fréchet 距离',
};
