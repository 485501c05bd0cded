#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# dracut sources this: no "exit" here.
/usr/lib/iommu-pt/boot
