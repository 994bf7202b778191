// SPDX-License-Identifier: MIT
/*
 * The files /dev/console, /dev/tty and /dev/ttyS0: reading, writing, and the ioctls of
 * tty_ioctl(4). Job control is in tty_jobctrl.c.
 */
#include "drivers/tty.h"

#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include "arch/riscv/uaccess.h"
#include "drivers/n_tty.h"
#include "drivers/tty_jobctrl.h"
#include "fs/char_dev.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/time.h"
#include "lib/string.h"

#define CHUNK	256		/* bytes moved under the lock at a time */
#define DECISECOND	(100 * NSEC_PER_MSEC)

static struct tty_struct *console_tty;

void tty_register_console(struct tty_struct *tty)
{
	spin_lock_init(&tty->lock, RANK_TTY_BUFFER);
	mutex_init(&tty->read_mutex, RANK_TTY);
	mutex_init(&tty->write_mutex, RANK_TTY);
	init_waitqueue_head(&tty->read_wait);
	init_waitqueue_head(&tty->write_wait);
	n_tty_init(tty);
	console_tty = tty;
}

/* --- from the driver --- */

void tty_receive(struct tty_struct *tty, u8 ch)
{
	bool readable;
	int sig;

	spin_lock(&tty->lock);
	sig = n_tty_receive(tty, ch, &readable);
	tty->ops->start_tx(tty);
	spin_unlock(&tty->lock);
	/* tasklist_lock ranks above the buffer's. */
	if (sig)
		tty_signal_foreground(tty, sig);
	if (readable)
		wake_up_interruptible_all(&tty->read_wait);
	tty_wakeup(tty);
}

int tty_output_char(struct tty_struct *tty)
{
	if (tty->stopped || tty->write_head == tty->write_tail)
		return -1;
	return (u8)tty->write_buf[tty->write_tail++ % TTY_BUF_SIZE];
}

void tty_wakeup(struct tty_struct *tty)
{
	if (waitqueue_active(&tty->write_wait))
		wake_up_interruptible_all(&tty->write_wait);
}

/* --- read --- */

static bool readable(struct tty_struct *tty)
{
	unsigned long flags;
	bool yes;

	spin_lock_irqsave(&tty->lock, flags);
	yes = n_tty_readable(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	return yes;
}

/* Any byte at all: what a read with VTIME waits for. */
static bool nonempty(struct tty_struct *tty)
{
	return READ_ONCE(tty->read_head) != READ_ONCE(tty->read_tail);
}

/*
 * Until a read can return something, by the rules of ICANON, VMIN and VTIME. 1: go on, 0: time ran
 * out, -errno.
 */
static long wait_readable(struct tty_struct *tty, bool nonblock)
{
	bool canonical = tty->termios.c_lflag & ICANON;
	u8 min = tty->termios.c_cc[VMIN], time = tty->termios.c_cc[VTIME];
	s64 left;

	if (readable(tty))
		return 1;
	if (nonblock)
		return -EAGAIN;
	if (canonical || (min && !time))
		return wait_event_interruptible(&tty->read_wait, readable(tty)) ? -ERESTARTSYS : 1;
	if (!min && !time)
		return 0;
	/*
	 * With VMIN the clock starts at the first byte and again at each one (termios(3),
	 * "noncanonical mode").
	 */
	if (min && wait_event_interruptible(&tty->read_wait, nonempty(tty)))
		return -ERESTARTSYS;
	for (;;) {
		u32 seen = READ_ONCE(tty->read_head);

		left = wait_event_interruptible_timeout(
			&tty->read_wait,
			min ? READ_ONCE(tty->read_head) != seen || readable(tty) : nonempty(tty),
			time * DECISECOND);
		if (left <= 0 || !min || readable(tty))
			return left < 0 ? left : left > 0 || nonempty(tty);
	}
}

static ssize_t copy_input(struct tty_struct *tty, struct iov_iter *to)
{
	ssize_t done = 0;
	char chunk[CHUNK];
	bool line_done = false;

	while (iov_iter_count(to) && !line_done) {
		unsigned long flags;
		size_t n;

		spin_lock_irqsave(&tty->lock, flags);
		n = n_tty_read(tty, chunk, min(iov_iter_count(to), sizeof(chunk)), &line_done);
		spin_unlock_irqrestore(&tty->lock, flags);
		if (copy_to_iter(chunk, n, to) != n)
			return done ? done : -EFAULT;
		done += n;
		if (!n)
			break;
	}
	return done;
}

static ssize_t tty_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct tty_struct *tty = iocb->ki_filp->private_data;
	ssize_t ret;

	ret = tty_check_read(tty);
	if (ret)
		return ret;
	if (mutex_lock_interruptible(&tty->read_mutex))
		return -ERESTARTSYS;
	ret = wait_readable(tty, iocb->ki_filp->f_flags & O_NONBLOCK);
	if (ret > 0)
		ret = copy_input(tty, to);
	mutex_unlock(&tty->read_mutex);
	return ret;
}

/* --- write --- */

static bool write_room(const struct tty_struct *tty)
{
	return READ_ONCE(tty->write_head) - READ_ONCE(tty->write_tail) < TTY_BUF_SIZE / 2;
}

/* As much of the chunk as there is room for. */
static size_t put_chunk(struct tty_struct *tty, const char *chunk, size_t n)
{
	unsigned long flags;
	size_t done = 0;

	spin_lock_irqsave(&tty->lock, flags);
	while (done < n && n_tty_put(tty, chunk[done]))
		done++;
	tty->ops->start_tx(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	return done;
}

/* All of the chunk; bytes put in, fewer only when a signal came or the file does not wait. */
static size_t write_chunk(struct tty_struct *tty, const char *chunk, size_t n, bool nonblock)
{
	size_t done = put_chunk(tty, chunk, n);

	while (done < n) {
		if (nonblock || wait_event_interruptible(&tty->write_wait, write_room(tty)))
			break;
		done += put_chunk(tty, chunk + done, n - done);
	}
	return done;
}

static ssize_t write_all(struct tty_struct *tty, struct iov_iter *from, bool nonblock)
{
	ssize_t done = 0;
	char chunk[CHUNK];

	while (iov_iter_count(from)) {
		size_t n = min(iov_iter_count(from), sizeof(chunk)), put;

		if (copy_from_iter(chunk, n, from) != n)
			return done ? done : -EFAULT;
		put = write_chunk(tty, chunk, n, nonblock);
		done += put;
		if (put < n)
			return done ? done : nonblock ? -EAGAIN : -ERESTARTSYS;
	}
	return done;
}

static ssize_t tty_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct tty_struct *tty = iocb->ki_filp->private_data;
	ssize_t ret = tty_check_write(tty);

	if (ret)
		return ret;
	if (mutex_lock_interruptible(&tty->write_mutex))
		return -ERESTARTSYS;
	ret = write_all(tty, from, iocb->ki_filp->f_flags & O_NONBLOCK);
	mutex_unlock(&tty->write_mutex);
	return ret;
}

static unsigned int tty_poll(struct file *file, struct poll_table *pt)
{
	struct tty_struct *tty = file->private_data;
	unsigned int events = 0;

	poll_wait(file, &tty->read_wait, pt);
	poll_wait(file, &tty->write_wait, pt);
	if (readable(tty))
		events |= POLLIN | POLLRDNORM;
	if (write_room(tty))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

/* --- ioctl --- */

static bool drained(struct tty_struct *tty)
{
	return READ_ONCE(tty->write_head) == READ_ONCE(tty->write_tail);
}

static int drain(struct tty_struct *tty)
{
	if (wait_event_interruptible(&tty->write_wait, drained(tty)))
		return -ERESTARTSYS;
	/* The last bytes are in the UART's FIFO, at most a millisecond or two from the wire. */
	while (!tty->ops->tx_empty(tty))
		cond_resched();
	return 0;
}

static void flush_queues(struct tty_struct *tty, bool input, bool output)
{
	unsigned long flags;

	spin_lock_irqsave(&tty->lock, flags);
	if (input)
		n_tty_flush_input(tty);
	if (output)
		tty->write_tail = tty->write_head;
	spin_unlock_irqrestore(&tty->lock, flags);
	tty_wakeup(tty);
}

/* TCSETS takes struct termios, the first part of ktermios; TCSETS2 all of it. */
static long set_termios(struct tty_struct *tty, unsigned int cmd, void __user *arg)
{
	struct ktermios termios = tty->termios;
	bool two = cmd == TCSETS2 || cmd == TCSETSW2 || cmd == TCSETSF2;
	unsigned long flags;
	long err = tty_check_change(tty);

	if (err)
		return err;
	if (copy_from_user(&termios, arg, two ? sizeof(struct termios2) : sizeof(struct termios)))
		return -EFAULT;
	if (cmd != TCSETS && cmd != TCSETS2) {
		err = drain(tty);
		if (err)
			return err;
	}
	if (cmd == TCSETSF || cmd == TCSETSF2)
		flush_queues(tty, true, false);
	spin_lock_irqsave(&tty->lock, flags);
	n_tty_set_termios(tty, &termios);
	spin_unlock_irqrestore(&tty->lock, flags);
	wake_up_interruptible_all(&tty->read_wait);
	return 0;
}

static long set_winsize(struct tty_struct *tty, void __user *arg)
{
	struct winsize_words ws;

	if (copy_from_user(&ws, arg, sizeof(ws)))
		return -EFAULT;
	if (!memcmp(&ws, &tty->winsize, sizeof(ws)))
		return 0;
	tty->winsize = ws;
	tty_signal_foreground(tty, SIGWINCH);
	return 0;
}

static long flush_ioctl(struct tty_struct *tty, unsigned long which)
{
	long err = tty_check_change(tty);

	if (err)
		return err;
	if (which > TCIOFLUSH)
		return -EINVAL;
	flush_queues(tty, which != TCOFLUSH, which != TCIFLUSH);
	return 0;
}

static long flow_ioctl(struct tty_struct *tty, unsigned long action)
{
	unsigned long flags;

	if (action > TCION)
		return -EINVAL;
	spin_lock_irqsave(&tty->lock, flags);
	if (action <= TCOON)
		tty->stopped = action == TCOOFF;
	tty->ops->start_tx(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	return 0;
}

static long count_ioctl(struct tty_struct *tty, bool input, int __user *arg)
{
	unsigned long flags;
	size_t n;

	spin_lock_irqsave(&tty->lock, flags);
	n = input ? n_tty_available(tty) : tty->write_head - tty->write_tail;
	spin_unlock_irqrestore(&tty->lock, flags);
	return put_user((int)n, arg);
}

static long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct tty_struct *tty = file->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case TCGETS:
		return copy_to_user(user, &tty->termios, sizeof(struct termios)) ? -EFAULT : 0;
	case TCGETS2:
		return copy_to_user(user, &tty->termios, sizeof(struct termios2)) ? -EFAULT : 0;
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return set_termios(tty, cmd, user);
	case TIOCGWINSZ:
		return copy_to_user(user, &tty->winsize, sizeof(tty->winsize)) ? -EFAULT : 0;
	case TIOCSWINSZ:
		return set_winsize(tty, user);
	case FIONREAD:
		return count_ioctl(tty, true, user);
	case TIOCOUTQ:
		return count_ioctl(tty, false, user);
	/* arg 0 would send a break, which no UART of ours does; both wait for the output */
	case TCSBRK:
	case TCSBRKP:
		return tty_check_change(tty) ?: drain(tty);
	case TCFLSH:
		return flush_ioctl(tty, arg);
	case TCXONC:
		return flow_ioctl(tty, arg);
	default:
		return tty_jobctrl_ioctl(tty, file, cmd, user);
	}
}

/* --- open --- */

#define TTYAUX_MAJOR	5
#define TTY_MAJOR	4

static int tty_open(struct inode *inode, struct file *file)
{
	struct tty_struct *tty = console_tty;

	if (MAJOR(inode->i_rdev) == TTYAUX_MAJOR && MINOR(inode->i_rdev) == 0)
		tty = tty_of_current();
	if (!tty)
		return -ENXIO;
	file->private_data = tty;
	/* /dev/console becomes nobody's controlling terminal by being opened (console(4)). */
	if (MAJOR(inode->i_rdev) == TTY_MAJOR && !(file->f_flags & O_NOCTTY))
		tty_adopt_on_open(tty, file);
	return 0;
}

static const struct file_operations tty_fops = {
	.llseek = no_llseek,
	.read_iter = tty_read,
	.write_iter = tty_write,
	.poll = tty_poll,
	.unlocked_ioctl = tty_ioctl,
	.open = tty_open,
};

static void tty_init(void)
{
	register_chrdev(TTYAUX_MAJOR, 0, 2, "console", &tty_fops);
	register_chrdev(TTY_MAJOR, 64, 1, "ttyS", &tty_fops);
}
device_initcall(tty_init);
