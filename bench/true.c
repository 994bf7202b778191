// SPDX-License-Identifier: MIT
// An exec target: the least static glibc program.
int main(void)
{
	return 0;
}
