/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox-init: what cannot be said in C.
 *
 * _start: calls init_main() with the initial stack pointer.
 *
 * long init_vfork(void (*child)(void *), void *arg): clone(CLONE_VM | CLONE_VFORK |
 * SIGCHLD). The child runs child(arg), which must not return, and the parent
 * sleeps until it has executed or exited: no page tables are copied and the child
 * reports a failed execve() by storing it. The child's frames lie below ours on the
 * same stack. Not done in C, because there a compiler may reuse in the child a
 * stack slot that the parent still needs.
 */
#define VFORK_FLAGS 0x4111 /* CLONE_VFORK | CLONE_VM | SIGCHLD */

	.text
#if defined(__x86_64__)

	.globl	_start
	.type	_start, @function
_start:
	xorl	%ebp, %ebp
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	init_main
	hlt
	.size	_start, . - _start

	.globl	init_vfork
	.hidden	init_vfork
	.type	init_vfork, @function
init_vfork:
	movq	%rdi, %r9
	movq	%rsi, %r8	/* tls, which the flags do not use */
	movl	$VFORK_FLAGS, %edi
	xorl	%esi, %esi	/* no other stack */
	xorl	%edx, %edx
	xorl	%r10d, %r10d
	movl	$56, %eax	/* clone */
	syscall
	testq	%rax, %rax
	jz	1f
	ret
1:	xorl	%ebp, %ebp
	andq	$-16, %rsp
	movq	%r8, %rdi
	call	*%r9
	hlt
	.size	init_vfork, . - init_vfork

#elif defined(__aarch64__)

	.globl	_start
	.type	_start, %function
_start:
	mov	x29, #0
	mov	x30, #0
	mov	x0, sp
	and	sp, x0, #-16
	bl	init_main
	brk	#1
	.size	_start, . - _start

	.globl	init_vfork
	.hidden	init_vfork
	.type	init_vfork, %function
init_vfork:
	mov	x9, x0
	mov	x10, x1
	mov	x0, #VFORK_FLAGS
	mov	x1, #0		/* no other stack */
	mov	x2, #0
	mov	x3, #0
	mov	x4, #0
	mov	x8, #220	/* clone */
	svc	#0
	cbz	x0, 1f
	ret
1:	mov	x29, #0
	mov	x30, #0
	mov	x0, x10
	blr	x9
	brk	#1
	.size	init_vfork, . - init_vfork

#else
#error "sandbox-init: add _start and init_vfork for this architecture"
#endif

	.section .note.GNU-stack, "", %progbits
