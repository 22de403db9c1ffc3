package commands

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models"
)

type migrate struct{}

// Run brings the tables up to date.
func (migrate) Run(ctx context.Context, db *gorm.DB, s *streams) error {
	if err := models.Migrate(db.WithContext(ctx)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.out, "The tables are up to date.")
	return err
}
