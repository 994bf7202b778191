// SPDX-License-Identifier: MIT
/*
 * The 16550 UART (device tree "ns16550a"): 16-byte FIFOs, interrupts for received bytes and, while
 * there is something to send, for an empty transmitter. It is the console and /dev/ttyS0.
 */
#include "drivers/tty.h"

#include "arch/riscv/io.h"
#include "drivers/fdt.h"
#include "kernel/init.h"
#include "kernel/irq.h"
#include "kernel/panic.h"
#include "kernel/printk.h"

/*
 * Registers, in units of reg-shift; the divisor latch is not touched: the firmware has set the
 * speed.
 */
#define UART_RBR	0		/* read: received byte */
#define UART_THR	0		/* write: byte to send */
#define UART_IER	1
#define UART_FCR	2
#define UART_LSR	5
#define IER_RX		0x01
#define IER_TX		0x02
#define FCR_ENABLE	0x01		/* FIFOs on, not emptied: somebody may have typed */
#define LSR_DATA_READY	0x01
#define LSR_THR_EMPTY	0x20		/* the transmit FIFO is empty */
#define LSR_TX_EMPTY	0x40		/* and so is the shift register */
#define FIFO_SIZE	16

static u8 *uart;
static u32 reg_shift;
static struct tty_struct uart_tty;

static u8 uart_read(int reg)
{
	return readb(uart + (reg << reg_shift));
}

static void uart_write(int reg, u8 value)
{
	writeb(value, uart + (reg << reg_shift));
}

/* tty->lock held: fills the FIFO as often as it is empty, then leaves the rest to the interrupt. */
static void uart_start_tx(struct tty_struct *tty)
{
	int ch = 0;

	while (ch >= 0 && uart_read(UART_LSR) & LSR_THR_EMPTY)
		for (int i = 0; i < FIFO_SIZE && (ch = tty_output_char(tty)) >= 0; i++)
			uart_write(UART_THR, ch);
	uart_write(UART_IER, IER_RX | (ch >= 0 ? IER_TX : 0));
}

static bool uart_tx_empty(struct tty_struct *tty)
{
	return uart_read(UART_LSR) & LSR_TX_EMPTY;
}

static const struct tty_ops uart_ops = { .start_tx = uart_start_tx, .tx_empty = uart_tx_empty };

static void uart_interrupt(int irq, void *data)
{
	while (uart_read(UART_LSR) & LSR_DATA_READY)
		tty_receive(&uart_tty, uart_read(UART_RBR));
	spin_lock(&uart_tty.lock);
	uart_start_tx(&uart_tty);
	spin_unlock(&uart_tty.lock);
	tty_wakeup(&uart_tty);
}

/*
 * printk's: waits for room byte by byte and takes no lock, so that it works wherever printk does.
 */
static void uart_console_write(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n') {
			while (!(uart_read(UART_LSR) & LSR_THR_EMPTY))
				;
			uart_write(UART_THR, '\r');
		}
		while (!(uart_read(UART_LSR) & LSR_THR_EMPTY))
			;
		uart_write(UART_THR, s[i]);
	}
}

static void uart_init(void)
{
	int node = fdt_find_compatible(-1, "ns16550a");
	u64 base, size;
	int irq;

	if (node < 0 || !fdt_reg(node, 0, &base, &size))
		return;
	uart = ioremap(base, size);
	if (!uart)
		panic("no memory to map the UART");
	reg_shift = fdt_prop_u32(node, "reg-shift", 0);
	irq = fdt_prop_u32(node, "interrupts", 0);
	console_set_write(uart_console_write);
	uart_tty.name = "ttyS0";
	uart_tty.ops = &uart_ops;
	tty_register_console(&uart_tty);
	uart_write(UART_FCR, FCR_ENABLE);
	if (request_irq(irq, uart_interrupt, "ttyS0", NULL))
		pr_err("ttyS0: interrupt %d is not to be had, no input\n", irq);
	uart_write(UART_IER, IER_RX);
}
device_initcall(uart_init);
