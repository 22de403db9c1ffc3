package requirements

import "time"

// At returns the lock with the clock of a test.
func (a Axes) At(now func() time.Time) Axes { a.now = now; return a }

// At returns the requirement with the clock of a test.
func (d DjangoOTP) At(now func() time.Time) DjangoOTP { d.now = now; return d }

// At returns the requirement with the clock of a test.
func (m AllauthMFA) At(now func() time.Time) AllauthMFA { m.now = now; return m }
