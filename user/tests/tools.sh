# SPDX-License-Identifier: MIT
# Tests of the small tools; sourced by run. expect NAME STATUS OUTPUT PROGRAM ARG…

seq 1 1000 >numbers
printf 'a b\0\nc\377d\tlong line of text with no end' >binary
printf 'one\nTwo\nthree\n' >words
head -c 40 /dev/zero >zeros

expect 'echo' 0 'a b' echo a b
expect 'cat' 0 'one
Two
three' cat words
expect 'cat: missing' 1 'cat: none: No such file or directory' cat none
expect 'head' 0 '1
2' head -n 2 numbers
expect 'head -N' 0 '1' head -1 numbers
expect 'head -c' 0 '1
2' head -c 3 numbers
expect 'tail' 0 '999
1000' tail -n 2 numbers
expect 'tail +N' 0 '1000' tail -n +1000 numbers
expect 'tail: line without end' 0 "$(tail -n 1 binary)" tail -n 1 binary
expect 'wc' 0 '1000 1000 3893 numbers' wc numbers
expect 'wc -l' 0 '3 words' wc -l words
expect 'grep' 0 '99
199' grep -e '^1*99$' numbers
expect 'grep -E' 0 '100
1000' grep -E '^1(00)+$|^10{3}$' numbers
expect 'grep -i -n' 0 '2:Two' grep -in two words
expect 'grep -v' 0 'one
three' grep -v Two words
expect 'grep -c' 0 'words:1
numbers:0' grep -c o$ words numbers
expect 'grep -q' 0 '' grep -q one words
expect 'grep: no match' 1 '' grep zzz words
expect 'grep: bad pattern' 2 'grep: [: Invalid regular expression' grep '[' words
expect 'seq' 0 '5
3
1' seq 5 -2 1
expect 'sleep: bad' 1 'sleep: x: bad time' sleep x
expect 'od' 0 '000000 61 20 62 00 0a 63 ff 64 09 6c 6f 6e 67 20 6c 69  >a b..c.d.long li<
000010 6e 65 20 6f 66 20 74 65 78 74 20 77 69 74 68 20  >ne of text with <
000020 6e 6f 20 65 6e 64                                >no end<
000026' od -A x -t x1z binary
expect 'od: repeated lines' 0 '0000000 000000 000000 000000 000000 000000 000000 000000 000000
*
0000040 000000 000000 000000 000000
0000050' od zeros
expect 'od -b' 0 ' 141 040 142 000 012 143 377 144' od -b -N 8 -A n binary
expect 'mkdir -p' 0 '' mkdir -p d/e/f
expect 'mkdir: exists' 1 'mkdir: d: File exists' mkdir d
expect 'touch' 0 '' touch d/e/f/g
expect 'ln' 0 '' ln words d/link
expect 'ln -s' 0 '' ln -s ../words d/soft
expect 'cp -r' 0 '' cp -r d d2
expect 'cp: into itself' 1 'cp: d: cannot be copied into itself' cp -r d d/e/new
expect 'cp: onto itself' 1 'cp: words and words are the same file' cp words words
expect 'cp: several to a file' 1 'cp: words: not a directory' cp zeros binary words
expect 'ls' 0 'e
link
soft' ls d2
expect 'ls: several' 0 'words

d2/e/f:
g' ls words d2/e/f
expect 'ls: missing' 2 'ls: none: No such file or directory' ls none
expect 'mv into a directory' 0 '' mv zeros d2
expect 'mv: missing' 1 'mv: none to x: No such file or directory' mv none x
expect 'rmdir: not empty' 1 'rmdir: d2: Directory not empty' rmdir d2
expect 'rm: a directory' 1 'rm: d2: is a directory' rm d2
expect 'rm -rf' 0 '' rm -rf d2 none
expect 'rm: missing' 1 'rm: none: No such file or directory' rm none
expect 'dd' 0 '' dd if=numbers of=copy bs=1k status=none
expect 'dd: part' 0 '2
3' dd if=numbers bs=2 skip=1 count=2 status=none
expect 'dd: notrunc' 0 '' dd if=words of=copy conv=notrunc status=none
expect 'dd: seek' 0 '' dd if=words of=copy bs=100 seek=1 status=none
expect 'dd: size after seek' 0 '114 copy' wc -c copy
expect 'dd: unknown' 1 'dd: fullblok: unknown' dd iflag=fullblok
expect 'mkswap: too small' 1 'mkswap: numbers: too small, a swap area has at least 40 KiB' \
	mkswap numbers
dd if=/dev/zero of=area bs=4096 count=16 status=none
expect 'mkswap' 0 'area: swap area of 60 KiB' mkswap area
expect 'mkswap: signature' 0 '7777SWAPSPACE2' sh -c 'printf 7777; head -c 4096 area | tail -c 10'
expect 'env' 0 'A=1' env -i A=1
expect 'env: not found' 127 'env: no_such: No such file or directory' env no_such
expect 'kill -l' 0 'KILL' kill -l 9
expect 'kill: nobody' 1 'kill: 4194304: No such process' kill -0 4194304
expect 'uname' 0 'Linux riscv64' uname -sm
expect 'true' 0 '' true
expect 'false' 1 '' false
expect 'stat: missing' 1 'stat: none: No such file or directory' stat none
expect 'init: not process 1' 1 'init: must be process 1' init
expect 'printf' 0 'a  b|   7|0x1f|%|x' printf '%s|%4d|%#x|%%|%b' 'a  b' 7 31 'x\n\c.'
expect 'printf: format again' 0 '1-2
3-' printf '%s-%s\n' 1 2 3
expect 'printf: bad number' 1 'printf: x: bad number
0' printf '%d\n' x
