"""ResNets for small pictures under the names of akamaster/pytorch_resnet_cifar10: 6n + 2 layers, shortcuts without weights.

He et al. 2016, arXiv 1512.03385, section 4.2, option A: where the size changes, every other pixel, and zeros for the new channels.
"""
import torch.nn as nn
import torch.nn.functional as F

from parts import note
from shapes import CLASSES

CONFIG = {
    "architecture": "ResNet", "input_size": 16, "in_channels": 3, "widths": [16, 32, 64], "blocks_per_layer": 3,
    "num_classes": len(CLASSES),
}


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.stride, self.more = stride, (outputs - inputs) // 2

    def forward(self, x):
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.more:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.more, self.more))
        return F.relu(x + h)


class ResNet(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config, widths = c, c["widths"]
        self.conv1, self.bn1 = nn.Conv2d(c["in_channels"], widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0])
        for k, width in enumerate(widths):
            before = widths[max(0, k - 1)]
            blocks = [BasicBlock(before if j == 0 else width, width, 2 if k and j == 0 else 1) for j in range(c["blocks_per_layer"])]
            setattr(self, f"layer{k + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(widths[-1], c["num_classes"])

    def init_weights(self):
        for part in self.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.kaiming_normal_(part.weight, mode="fan_out")

    def forward(self, x, record=None):
        x = note(record, "embedding", F.relu(self.bn1(self.conv1(x))))
        for k in range(len(self.config["widths"])):
            for j, block in enumerate(getattr(self, f"layer{k + 1}")):
                x = note(record, f"block.{k * self.config['blocks_per_layer'] + j}", block(x))
        return note(record, "logits", self.linear(note(record, "pooled", x.mean((2, 3)))))


def stored(model):
    """What goes into a file: all but the counters of batches."""
    return {name: value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
