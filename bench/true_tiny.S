# SPDX-License-Identifier: MIT
# An exec target: a program of three instructions.
	.globl _start
_start:
	li a0, 0
	li a7, 93
	ecall
