package refreshtoken

import (
	"context"

	"github.com/ginauth/ginauth/models"
)

// holdFor keeps the epoch of the token's user from ending before the
// transaction tx does.
func holdFor(ctx context.Context, tx *models.Users, token Token) error {
	if token.User == nil {
		return nil
	}
	return tx.InEpoch(ctx, token.User, token.Epoch)
}
