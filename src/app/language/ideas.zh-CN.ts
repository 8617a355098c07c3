/** Methods and steps in Chinese, by their English: the idea of each, and how far it is from the published one. */
export const ideas: Readonly<Record<string, string>> = {
  'Round every weight to the nearest level of its own row or group; no data.':
    '把每个权重舍入到其所在行或组的最近一级；不需要数据。',
  'Quantize column by column and move each rounding error onto the columns still to come, by the inverse Hessian.':
    '逐列量化，并用逆海森矩阵把每次的舍入误差转移到后面尚未量化的列。',
  'GPTQ that also compensates how far the quantized layer’s inputs have drifted from the full-precision ones.':
    '在 GPTQ 的基础上，还补偿量化层的输入相对全精度输入的漂移。',
  'GPTQ whose error also counts how far the weight has already moved from its original (ResComp’s residual).':
    '在 GPTQ 的基础上，误差还计入权重已从其原值移动了多远（即 ResComp 的残差）。',
  'GPTAQ+R: GPTAQ that keeps the original weight’s output as its target throughout.':
    '即 GPTAQ+R：自始至终以原权重的输出为目标的 GPTAQ。',
  'First move the weight to the least-squares answer for the drifted inputs, then plain GPTQ.':
    '先把权重移到针对漂移输入的最小二乘解，然后做普通的 GPTQ。',
  'Replace each run of neighbouring weights by the nearest of K codewords, found by k-means on the weights alone.':
    '把每一小段相邻权重替换为 K 个码字中最近的一个，码字只由权重经 k-means 求得。',
  'GPTQ with codebooks: fit them to a group of columns as it stands, quantize d columns at once, and move the error onto the rest.':
    '带码本的 GPTQ：对一组列的当前值拟合码本，一次量化 d 列，并把误差转移到其余的列。',
  'Let every sub-vector be a mixture of its nearest codewords, learn the ratios, and freeze each at the codeword that wins.':
    '让每个子向量成为其最近几个码字的混合，学习混合比例，并在胜出的码字处冻结。',
  'Keep each weight’s sign as a bit of its own that is learnt, and share only magnitudes in a codebook.':
    '把每个权重的符号作为单独学习的一个比特，只让幅值共用码本。',
  'Mixtures of codewords whose candidates move with the loss, confirmed little by little so that the rest can make up for it.':
    '码字的混合，其候选随损失移动，并一点一点地确认，使其余部分能够弥补。',
  'One codebook for many networks, drawn from the density of their weights and never changed; a network learns only which codewords it takes.':
    '多个网络共用一个码本，它由各网络权重的密度得出，此后不再改变；网络只学习取用哪些码字。',
  'Let the quantized network sample, step after step, and then train it on the states that it met, all steps mixed, towards what full precision says of them.':
    '先让量化后的网络逐步采样，再用它遇到的状态（打乱所有步）训练它，目标是全精度网络对这些状态的输出。',
  'Of the paper only the abstract could be read, and of its group’s code the quantizers: the two phases, their loss and their rates are a reading of ours. Frozen are codes that oscillate, which stands in for a selection whose rule is unknown; quantizers are at layers’ inputs, where the code has them at outputs; the time path is quantized like the rest.':
    '论文只读到摘要，其团队的代码只读到量化器：两个阶段、损失和学习率是我们的理解。冻结的是来回振荡的编码，代替规则不明的选择；量化器放在层的输入处，而代码放在输出处；时间通路与其余部分一样量化。',
  'Round what linear layers read to few levels, with a range of its own for each step of the sampler, since noise and picture differ in size.':
    '把线性层的输入舍入到少数几级，采样器的每一步各有自己的范围，因为噪声与图像的大小不同。',
  'As TFMQ-DM’s released code, a set of ranges a sampling step for every quantizer; they are the least and the greatest of the calibration images of that step in the row’s own stream, without its moving average.':
    '与 TFMQ-DM 发布的代码一样，每个量化器在每个采样步各有一组范围；它们是该步的校准图像在该行自身的流中的最小值和最大值，没有用滑动平均。',
  'Leave the grid as it is and learn for every weight whether it is rounded down or up.':
    '网格保持不变，为每个权重学习向下还是向上舍入。',
  'Soft roundings, their start, the regulariser and its schedule follow the released code (as BRECQ and QDrop have it). But λ is measured in what rounding to the nearest costs, where the code sums over channels and weights; 300 steps at a higher rate stand for 20 000; and activations are not quantized while roundings are learned unless the row does so.':
    '软舍入、其初值、正则项及其进度依照公开的代码（与 BRECQ、QDrop 相同）。但 λ 以就近舍入的代价为单位，而代码对通道和权重求和；以更高学习率的 300 步代替 20 000 步；除非该行量化激活值，学习舍入时不量化它们。',
  'Add a learned value of at most half a level before rounding, and shrink each range, by the signs of their gradients alone.':
    '舍入之前加上一个学习的、不超过半级的值，并收缩每个范围，都只用梯度的符号。',
  'Roundings, ranges, rates, their fall and the values of the least loss follow the released code; batches are of the calibration set’s windows in their order, where the code draws them at random. A symmetric grid is the studio’s, with levels −2ᵇ⁻¹ … 2ᵇ⁻¹ − 1 over max |w|.':
    '舍入、范围、学习率及其下降以及取损失最小时的值，都依照公开的代码；各批按顺序取校准集的窗口，而代码随机抽取。对称网格是本工作室的，在 max |w| 上取 −2ᵇ⁻¹ … 2ᵇ⁻¹ − 1 各级。',
  'Train all weights of a block through their own rounding, together with the scales and zero points of their groups.':
    '穿过各自的舍入训练块的全部权重，连同各组的缩放因子和零点。',
  'EfficientQAT’s first phase: grid, gradients, optimizer and the cosine to a twentieth follow the released code. But the block’s norms are not trained; rates are shares of the layer’s weights and scales, for hundreds of steps instead of thousands; scales are not rounded to 16 bits between the phases.':
    'EfficientQAT 的第一阶段：网格、梯度、优化器以及降到二十分之一的余弦依照公开的代码。但不训练块的归一化层；学习率是层权重和缩放因子的份额，用于数百步而非数千步；两阶段之间不把缩放因子舍入为 16 比特。',
  'Round to the nearest, on ranges whose two ends are learned to shrink.': '就近舍入，所用范围的两端学习收缩。',
  'The learnable weight clipping alone, as the released code has it, zero points without gradient; its other half, channel scales and shifts learned in the same steps (LET), is not there: a smoothing step may stand before it, whose scales are then fixed. No floor of 1e-5 under scales.':
    '只有可学习的权重截断，与公开的代码相同，零点没有梯度；其另一半，即在同样的步中学习的通道缩放和平移（LET），这里没有：可以在前面放一个平滑步骤，其缩放随后固定。缩放因子没有 1e-5 的下限。',
  'Learn the step of each grid by gradient, with the weights that are rounded to it.':
    '用梯度学习每个网格的步长，连同舍入到它的权重。',
  'Grid, start and gradients are the paper’s, with a step a row or group instead of a layer. But each block is trained on its own output, where the paper trains the whole network on its task; by AdamW, under which the paper’s gradient scale cancels, instead of SGD with momentum.':
    '网格、初值和梯度是论文的，每行或每组一个步长，而非每层一个。但每个块针对自身的输出训练，而论文针对任务训练整个网络；用 AdamW 代替带动量的 SGD，论文的梯度缩放在其中被抵消。',
  'Weights stay as the row’s transforms leave them.': '权重保持该行各变换之后的样子。',
  'Turn the residual stream, each head’s values and what MLPs pass on into a random orthogonal basis, in which no channel stands out.':
    '把残差流、每个头的值以及 MLP 传递的内容旋转到随机正交基，其中没有突出的通道。',
  'Turn the residual stream and each block’s heads into bases learned on the whole network, in which rounding costs its outputs least.':
    '把残差流和每个块的各个头旋转到在整个网络上学得的基，使舍入对输出的代价最小。',
  'Turn the inputs of every linear layer by a random Hadamard transform as the network runs, and divide what stands out after that.':
    '网络运行时，对每个线性层的输入做随机 Hadamard 变换，再除去其后仍突出的部分。',
  'Learn, block by block, an invertible matrix before each layer under which weights and activations are flat enough to round.':
    '逐块学习每层之前的一个可逆矩阵，使权重和激活值足够平坦、便于舍入。',
  'Divide each input channel by a scale, and multiply the weights that read it, so that both are easy to round.':
    '把每个输入通道除以一个缩放因子，并把读取它的权重乘以同一因子，使两者都容易舍入。',
  'Divide each channel of the keys by a scale, and multiply the queries that meet it, so that a cache of few bits holds keys.':
    '把键的每个通道除以一个缩放因子，并把与之相乘的查询乘以同一因子，使少数比特的缓存也能容纳键。',
  'Scale up the weights that meet large inputs before all are rounded, by the exponent that loses least of the outputs.':
    '在舍入之前放大与大输入相乘的权重，所用指数使输出损失最小。',
  'Scale channels between two layers so that both have the same range of weights there; no data is asked for.':
    '在两层之间缩放通道，使两边权重的范围相同；不需要数据。',
  'Move each input channel so that its range is centred, by biases on either side, then shrink those that are wider than a threshold.':
    '借助两侧的偏置移动每个输入通道，使其范围居中，再收缩宽度超过阈值的通道。',
  'Give each channel a quantizer of its own, then move and scale channels so that one quantizer of the whole tensor does the same.':
    '先给每个通道一个自己的量化器，再移动并缩放各通道，使整个张量用一个量化器就能达到同样效果。',
  'Measure what each layer loses at each width, and choose a width for every layer so that all of them lose least within a budget.':
    '测量每一层在各种宽度下的损失，并在预算之内为每层选择宽度，使总损失最小。',
  'Round what linear layers read to few levels, with ranges of each token or of the calibration data.':
    '把线性层读取的内容舍入到少数几级，范围取自每个词元或校准数据。',
  'Give each value a scale between that of its token and that of its channel, so that fewer small ones are rounded to zero.':
    '给每个值一个介于其词元与其通道之间的缩放因子，使较少的小值被舍入为零。',
  'Add a fixed random number to each channel before it is rounded, and take what the layers make of it out of their biases: values between levels lose less.':
    '舍入之前给每个通道加一个固定的随机数，再从偏置中扣除各层由此产生的量：落在两级之间的值损失更小。',
  'Let tokens count in the Hessian by the attention that they receive, so that what others look at is kept best.':
    '按词元受到的注意力在海森矩阵中加权，使被其他词元关注的内容保留得最好。',
  'Round keys per channel, where a few channels stand out, and values per token; keep the latest tokens as they are.':
    '键按通道舍入（其中少数通道突出），值按词元舍入；最近的词元保持原样。',
  'Few bits for the tokens that a few probing queries hardly look at, more for the others; values with a scale of each channel first.':
    '少数探测查询几乎不看的词元用较少的比特，其余的用较多；值先按通道缩放。',
  'Two bits for the channels of keys that range widest, the signs of the spectrum for the others; values at −m, 0 and m of their channel.':
    '键中范围最宽的通道用两比特，其余通道只保留频谱的符号；值取其通道的 −m、0 和 m。',
  'Take the mean over tokens out of keys and queries, multiply what is left in a few bits, and mix values in FP8.':
    '从键和查询中减去对词元的均值，剩余部分用少数比特相乘，值以 FP8 混合。',
  'Round attention’s probabilities, most of which are next to nothing, to powers of two or of √2.':
    '注意力概率大多几乎为零，把它们舍入到 2 或 √2 的幂。',
  'Let a small branch of low rank hold the leading singular directions of a weight, and quantize what is left.':
    '用一个低秩的小分支保存权重的主要奇异方向，其余部分做量化。',
  'Keep the columns of a weight that matter most to its outputs as they are, and quantize the others.':
    '权重中对输出最重要的列保持原样，其余的列做量化。',
  'Clip each group of weights where its outputs lose least by rounding: a narrower range has finer levels.':
    '在输出因舍入损失最小之处截断每组权重：范围越窄，级越细。',
  'Add to the quantized weight the low-rank product that brings the layer’s outputs nearest to what they were.':
    '给量化后的权重加上一个低秩乘积，使层的输出最接近原来的输出。',
  'Add to each bias what quantization takes from the mean of the layer’s outputs.':
    '把量化从层输出均值中带走的量加到每个偏置上。',
  'When a block is quantized, move the gains and biases of its norms until its outputs have the means and variances of before.':
    '一个块量化之后，移动其归一化的增益和偏置，直到其输出恢复原来的均值和方差。',
  'The weight quantizer of the GPTAQ release, group by group.': '即 GPTAQ 公开代码的权重量化器，逐组进行。',
  'Agrees with the published code on recorded layers (≥ 99 % of the codes).':
    '在记录的层上与公开代码一致（≥ 99% 的编码）。',
  'Agrees with the published code on recorded layers; its α = 0.25 is in the code and not in the paper.':
    '在记录的层上与公开代码一致；其 α = 0.25 在代码中而不在论文中。',
  'The GPTAQ+R release with the full-precision inputs replaced by the quantized ones; the release of GPTQ+R itself is not public.':
    '即 GPTAQ+R 的公开代码，以量化输入代替全精度输入；GPTQ+R 自身的代码没有公开。',
  'Agrees with the published code (GPTAQ+R) on recorded layers.': '在记录的层上与公开代码（GPTAQ+R）一致。',
  'Not a published method: the studio’s own closed-form start, related to Qronos.':
    '不是已发表的方法：工作室自己的闭式起点，与 Qronos 相关。',
  'Lloyd’s algorithm with k-means++ starts; of the network paper only the clustering, not the distillation that follows it.':
    'Lloyd 算法加 k-means++ 初始化；论文中只取聚类，不含其后的蒸馏。',
  'The variant “released” gives the published code’s weights on a recorded layer; its SVD of scalar codebooks is left out.':
    '变体 released 在记录的层上给出与公开代码相同的权重；其标量码本的 SVD 被省略。',
  'Ratios, their loss and freezing follow the published code. But each block is trained on its own output, where the code matches the features of all blocks at once, end to end; the data’s loss is measured in units of what k-means adds to it; biases are not trained; and in the end codebooks are trained a little longer.':
    '比例、其损失以及冻结都依照公开代码。但每个块按自己的输出训练，而代码是端到端地同时匹配所有块的特征；数据损失以 k-means 所增加的损失为单位；偏置不训练；最后码本再多训练一会儿。',
  'The paper fine-tunes the whole network on its task; here each block is trained on its own output. The paper’s text does not give α, the flip momentum and the limits of freezing; they were chosen here.':
    '论文在任务上微调整个网络；这里每个块按自己的输出训练。论文正文没有给出 α、翻转动量和冻结界限；它们在此自行选定。',
  'Follows the paper’s outline of the moving hull and of incremental confirmation; their detailed rules and schedules are the studio’s own. Trained block by block.':
    '依照论文对移动凸包和逐步确认的概述；其具体规则和进度是工作室自己的。逐块训练。',
  'Without the task’s loss, and without training biases and norms; row scales, candidates and thresholds are the studio’s own. The codebook is counted in proportion with all layers that share it; with one network alone, with that network’s.':
    '不使用任务损失，也不训练偏置和归一化；行缩放因子、候选和阈值是工作室自己的。码本按共用它的所有层的比例计入；只有一个网络时，按该网络自己的层计。',
  'Nothing is done.': '什么也不做。',
  'The released matrices, but for embeddings, which the release centres (no RMSNorm network keeps its function so), and for heads, which R2 turns instead of an online transform across them; LayerNorm networks keep their norms by a rotation that keeps the mean.':
    '采用公开的矩阵；但公开代码会把嵌入居中（没有 RMSNorm 网络能因此保持函数不变），这里不居中；各头由 R2 旋转，而不用跨头的在线变换；LayerNorm 网络用保持均值的旋转保留其归一化。',
  'R1 and R2 by Cayley SGD through the whole network as released, but with the Cayley transform solved for, embeddings not centred, few steps on few windows by default, the cache in full precision while it learns, and the best of what was passed kept.':
    'R1 和 R2 如公开代码那样用 Cayley SGD 在整个网络上学习，但 Cayley 变换是直接求解的，嵌入不居中，默认只用少数窗口走少数几步，学习时缓存保持全精度，并保留途中最好的结果。',
  'The release’s order, rotation and then scales, by a fast transform in the place of its dense matrix and with maxima of the rotated weights, which it takes before the rotation; maxima are of all calibration windows and not a moving mean, and nothing is learned.':
    '顺序与公开代码相同，先旋转后缩放，但用快速变换代替其稠密矩阵，最大值取旋转后的权重，而公开代码取旋转前的；最大值取自全部校准窗口而不是移动平均，且不做任何学习。',
  'Parametrisation, start, loss and optimizer of the released code (the paper’s text was not read), without its learned clips and the transforms of keys and of single heads; singular values are kept within a bound.':
    '参数化、起点、损失和优化器取自公开代码（论文正文未读），不含学习的截断，也不含对键和单个头的变换；奇异值保持在界限之内。',
  'The released formula with its floors, on norms as released; values and down are options of ours, channels that are always zero keep a scale of 1.':
    '公开的公式及其下限，如公开代码那样用于归一化；值和 down 是我们增加的选项，恒为零的通道缩放因子保持为 1。',
  'The scales of its released code at one exponent, from keys behind rotary positions; the release may also search the exponent.':
    '公开代码在单一指数下的缩放因子，取旋转位置编码之后的键；公开代码还可以搜索指数。',
  'The released grid of exponents, but errors are those of the linear layers’ own outputs by a Gram matrix of their inputs, where the release runs attention or the MLP behind them; its clip search is no change that keeps the function, so it is a step of its own, and layers behind GELU keep their inputs.':
    '指数网格与公开代码相同，但误差是线性层自身输出的误差，用其输入的 Gram 矩阵计算，而公开代码会运行其后的注意力或 MLP；它的截断搜索不保持函数，因此是单独的步骤；GELU 之后的层保持其输入。',
  'The formulas, on the pairs that transformers have; norms as free partners are ours, and there are no batch norms whose biases could be absorbed.':
    '采用其公式，用于 transformer 所具有的配对；把归一化当作自由的一方是我们的做法；没有批归一化，因此没有偏置可以吸收。',
  'The shift is as released; thresholds go evenly in log from the widest range to a 64th of it, for the released lower bound of 1 leaves narrower inputs without a search, and errors are those of the linear layers on some of the calibration tokens, not of attention.':
    '移动与公开代码相同；阈值按对数均匀地从最宽范围到其 1/64，因为公开代码的下界 1 会使较窄的输入得不到搜索；误差是线性层在部分校准词元上的误差，而不是注意力的误差。',
  'The released folding, with z̃ rounded so that codes stay integers, and the mean of zero points within the codes, so that a channel that hardly varies moves no other; the one quantizer’s ranges are then found by the row’s activation step. Ranges by two clips a channel are searched where RepQuant (arXiv:2402.05628, of which the abstract alone was read) learns them.':
    '采用公开的折叠方式，但 z̃ 取整，使编码保持整数，并把零点的均值限制在编码之内，使几乎不变的通道不会移动其他通道；单一量化器的范围随后由该行的激活步骤求得。每通道两个截断的范围是搜索得到的，而 RepQuant（arXiv:2402.05628，仅读了摘要）是学习得到的。',
  'The choice is exact on its tables, kl is ZeroQ’s measure and gradient Model Optimizer’s with labels that the network draws; trace takes the Fisher information for the Hessian; nothing is trained afterwards as HAWQ does, and candidates are measured by plain rounding, whatever quantizes them then.':
    '在其表格上的选择是精确的；kl 是 ZeroQ 的度量，gradient 是 Model Optimizer 的度量，标签由网络自己抽取；trace 用 Fisher 信息代替海森矩阵；之后不像 HAWQ 那样再训练；候选用直接舍入来测量，与之后实际怎样量化无关。',
  'The released quantizers of QuaRot and SpinQuant, checked by their float64 twin.':
    'QuaRot 和 SpinQuant 公开的量化器，用 float64 对照实现核对。',
  'The formula of the abstract and of those who cite it, for the paper was not read; channels’ ranges are those of the calibration tokens, and their part is not folded into weights.':
    '公式取自摘要和引用者，因为论文未读；通道范围取自校准词元，通道部分不折入权重。',
  'Uniform noise as in the paper (the release draws it normal), fewer strengths than its 2000, and no constant beside the noise; what is taken out is taken out of the inputs, which layers cannot tell from a bias.':
    '与论文一样用均匀噪声（公开代码用正态分布），强度少于其 2000 种，噪声之外没有常数；扣除是从输入中扣除，层无法把它与偏置区分。',
  'The released attention concentration in every block, of the row’s own stream and with weights of mean 1 a window; the other ways to weigh tokens are left out, and the rotation is a step of its own.':
    '在每个块中采用公开的注意力集中度，取自该行自己的流，每窗口权重均值为 1；其他加权方式被省略，旋转是单独的步骤。',
  'With a residual every query reads what a decoder would have quantized by then, by KIVI’s released rule (prompts read the cache too, or no figure would show it); without one, ranges of channels also see later tokens of their group. KVQuant’s options are simplified: levels are even, and ranges and outliers of a channel are the window’s own, not the calibration data’s.':
    '有残差窗口时，按 KIVI 公开的规则，每个查询读取解码器到那时已量化的内容（提示部分也读缓存，否则没有数字能显示其影响）；没有时，通道的范围也会看到同组中较后的词元。KVQuant 的选项经过简化：各级均匀，通道的范围和离群值取自窗口自身，而不是校准数据。',
  'Every query reads the cache of its whole window, sorted once; sums are divided by the probes that see a token, where the release divides by all queries that do, and a token’s range of values is a head’s, for heads sort their tokens apart.':
    '每个查询读取其整个窗口的缓存，只排序一次；和除以看到该词元的探测数，而公开代码除以看到它的全部查询数；词元的值范围按头计，因为各头分别排序其词元。',
  'The dequantization that is meant, ±m and m·{−1, 0, 1}: the release gives codes back without their scale, and cannot reach the paper’s figures, of which only a summary was read; channels are chosen for each head of a whole window, and no token keeps two bits for a text that asks about a video.':
    '反量化取其本意，±m 和 m·{−1, 0, 1}：公开代码返回不带缩放因子的编码，无法达到论文的数字（论文仅读了摘要）；通道按整个窗口的每个头选择，不为询问视频的文本保留两比特的词元。',
  'The numbers of the released kernels (groups, half away from zero, FP8 by the query’s largest weight) without their speed; smoothing of queries is the paper’s, of which only the abstract was read, and smoothing of values, off in the release, is left out.':
    '数值与公开内核相同（分组、向远离零方向进位、按查询最大权重的 FP8），但没有其速度；查询的平滑取自论文（仅读了摘要），公开代码中默认关闭的值平滑被省略。',
  'Ranges are 1 or a query’s own, and operands’ are a head’s own, where the release takes a percentile of calibration data for each layer; the twin code chooses the region where PTQ4ViT’s released file adds both, and its split is an option and not searched.':
    '范围为 1 或查询自身的最大值，操作数的范围按头计，而公开代码对每层取校准数据的百分位数；twin 编码选择区域，而 PTQ4ViT 的公开文件把两者相加，其分界是选项而不搜索。',
  'The released alternation of decomposing and rounding, which ends where the error grows; the error is tr(ΔHΔᵀ) and not that of a module with its inputs quantized, every layer has a branch of its own, smoothing is a step before, and the last fit to the final codes and the metric of the inputs are additions.':
    '分解与舍入交替进行，与公开代码相同，误差增大时结束；误差是 tr(ΔHΔᵀ)，而不是输入已量化的模块的误差；每层有自己的分支，平滑是之前的步骤；最后对最终编码的拟合和输入度量是增加的内容。',
  'The studio’s own form of keeping weak columns, in the spirit of OWQ, whose text was not read for it: columns are ranked by their part in the outputs’ energy, and codes are stored for all columns, where a method that compensates puts what the others lose.':
    '工作室自己的保留薄弱列的形式，思路与 OWQ 相近，但为此未读其正文：列按其在输出能量中的份额排序，所有列都存储编码，做补偿的方法可以在其中放入其他列的损失。',
  'The released levels, group by group, queries and keys left out; by the second moments of all of the row’s own tokens, where the release takes at most 512 tokens in full precision.':
    '各级与公开代码相同，逐组进行，查询和键除外；按该行自己全部词元的二阶矩，而公开代码至多取 512 个全精度词元。',
  'The same product as the released SVD of Δ·S with S·Sᵀ = H, without the inverse of S, so that a singular H needs no floor; H is that of the row’s own stream, stage after stage, where the release collects it once a block. The asymmetric target is an addition.':
    '与公开的 Δ·S（S·Sᵀ = H）的 SVD 乘积相同，但不用 S 的逆，因此奇异的 H 不需要下限；H 取自该行自己的流，逐阶段收集，而公开代码每块收集一次。非对称目标是增加的内容。',
  'The empirical form, on the quantized stream, layer after layer; means of outputs are those of inputs through the weights.':
    '经验形式，用量化后的流，逐层进行；输出的均值由输入的均值经权重得到。',
  'Only the abstract was read: the loss of channels’ means and variances and a rate that grows with depth are its description’s, the optimizer is Adam, and its numbers are our own; after every epoch the loss is looked at, and the best norms are kept.':
    '仅读了摘要：通道均值和方差的损失以及随深度增大的学习率取自其描述，优化器为 Adam，其数值是我们自己的；每轮之后都检查损失，并保留最好的归一化。',
};
